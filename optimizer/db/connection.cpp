// See connection.hpp.
#include "db/connection.hpp"

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "db/answer.hpp"
#include "db/error.hpp"
#include "db/interrupt.hpp"
#include "db/libpq_text.hpp"
#include "db/statement_tag.hpp"

namespace steward::db {

namespace {

std::string OrEmpty(const char* text) {
  return text == nullptr ? "" : text;
}

PGconn* Open(const Keywords& keywords) {
  const KeywordArrays arrays(keywords);
  return PQconnectdbParams(arrays.names.data(), arrays.values.data(), 1);
}

bool SqlAscii(PGconn* connection) {
  const char* encoding = PQparameterStatus(connection, "server_encoding");
  return encoding != nullptr && std::string_view(encoding) == "SQL_ASCII";
}

// What Ctrl-C cancels meanwhile.
class Cancellable {
 public:
  explicit Cancellable(PGcancel* cancel) { SetCancelTarget(cancel); }
  ~Cancellable() { SetCancelTarget(nullptr); }
  Cancellable(const Cancellable&) = delete;
  Cancellable& operator=(const Cancellable&) = delete;
};

// Dropped: what the server has to say beside its answers is not for the reader of a report.
void DropNotice(void*, const PGresult*) {}

}  // namespace

Connection::Connection(const ConnectOptions& options, const PasswordPrompt& ask) {
  Connect(CheckOptions(options).keywords, ask, options.prompt);
  PQsetNoticeReceiver(connection_.get(), DropNotice, nullptr);
  cancel_.reset(PQgetCancel(connection_.get()));
  endpoint_ = {OrEmpty(PQhost(connection_.get())), OrEmpty(PQport(connection_.get())), OrEmpty(PQdb(connection_.get())),
               OrEmpty(PQuser(connection_.get()))};
}

Connection::~Connection() {
  SetCancelTarget(nullptr);
}

void Connection::Connect(Keywords keywords, const PasswordPrompt& ask, ConnectOptions::Password prompt) {
  const auto user = [&]() -> std::string {
    for (const auto& [name, value] : keywords)
      if (name == "user") return value;
    return connection_ == nullptr ? "" : OrEmpty(PQuser(connection_.get()));
  };
  const MemoryLimit memory(MemoryLimit::ForAnswers(kConsoleAnswer));
  if (prompt == ConnectOptions::Password::kAlways) keywords.emplace_back("password", ask(user()));
  connection_.reset(Open(keywords));
  if (connection_ == nullptr) throw ConnectionError({"out of memory", "", "", ""});
  if (PQstatus(connection_.get()) != CONNECTION_OK && prompt == ConnectOptions::Password::kWhenAsked &&
      PQconnectionNeedsPassword(connection_.get()) != 0) {
    keywords.emplace_back("password", ask(user()));
    connection_.reset(Open(keywords));
  }
  if (PQstatus(connection_.get()) == CONNECTION_OK && SqlAscii(connection_.get())) {
    // Such a database converts nothing, and refuses to send names that are no UTF-8 to a client that asks for UTF-8.
    keywords.emplace_back("client_encoding", "SQL_ASCII");
    connection_.reset(Open(keywords));
  }
  if (PQstatus(connection_.get()) == CONNECTION_OK) return;
  throw ConnectionError({Trimmed(PQerrorMessage(connection_.get())), "",
                         "Check that the server runs and that -h, -p, -d and -U (or PGHOST, PGPORT, PGDATABASE and "
                         "PGUSER) name it.",
                         ""});
}

std::string Connection::address() const {
  return OrEmpty(PQhostaddr(connection_.get()));
}

Keywords Connection::Settings() const {
  Keywords keywords;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfo(connection_.get()), PQconninfoFree);
  for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    const std::string keyword = option->keyword;
    if (option->val == nullptr || keyword == "service" || keyword == "host" || keyword == "hostaddr" || keyword == "port")
      continue;
    keywords.emplace_back(keyword, option->val);
  }
  // Of several hosts the one that answered, and no look-up of its name again.
  keywords.emplace_back("host", endpoint_.host);
  if (!address().empty()) keywords.emplace_back("hostaddr", address());
  keywords.emplace_back("port", endpoint_.port);
  return keywords;
}

void Connection::Fail(Diagnostics error) {
  if (error.sqlstate == "57014") ThrowIfInterrupted();
  if (!error.sqlstate.empty()) Throw(std::move(error));
  connection_.reset();
  error.message = "lost the connection to the server: " + error.message;
  if (error.hint.empty()) error.hint = "Look into the server's log, then run the command again.";
  throw ConnectionError(std::move(error));
}

void Connection::WaitForAnswer(std::chrono::steady_clock::time_point began) {
  using std::chrono::milliseconds;
  pollfd file = {PQsocket(connection_.get()), POLLIN, 0};
  for (;;) {
    milliseconds left{-1};
    if (timeout_) left = std::chrono::ceil<milliseconds>(began + *timeout_ - std::chrono::steady_clock::now());
    if (timeout_ && left.count() <= 0) break;
    const int ready = poll(&file, 1, static_cast<int>(left.count()));
    if (ready > 0 || (ready < 0 && errno != EINTR)) return;
  }
  connection_.reset();
  throw ConnectionError({"no answer from the server within " + std::to_string(timeout_->count()) + " ms", "",
                         "The server or the pooler hangs, or the pooler has no connection to give.", ""});
}

template <typename Ask>
double Connection::Timed(Ask ask) {
  using Clock = std::chrono::steady_clock;
  ThrowIfInterrupted();
  const Cancellable cancellable(cancel_.get());
  const MemoryLimit memory(MemoryLimit::ForAnswers(kServerAnswer));
  const auto began = Clock::now();
  if (ask() == 0) Fail({Trimmed(PQerrorMessage(connection_.get())), "", "", ""});
  std::optional<Diagnostics> error = DropAnswer(connection_.get());
  const double took = std::chrono::duration<double, std::milli>(Clock::now() - began).count();
  if (error) Fail(std::move(*error));
  return took;
}

Result Connection::Query(std::string_view sql, const Parameters& parameters) {
  std::vector<const char*> values;
  for (const Parameter& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  const std::string text = TagStatements(sql);
  ThrowIfInterrupted();
  const Cancellable cancellable(cancel_.get());
  const auto began = std::chrono::steady_clock::now();
  if (PQsendQueryParams(connection_.get(), text.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                        nullptr, 0) == 0)
    Fail({Trimmed(PQerrorMessage(connection_.get())), "", "", ""});
  Answer answer = ReadAnswer(connection_.get(), kServerAnswer, [&] { WaitForAnswer(began); });
  if (!answer.error) return std::move(answer.rows);
  Fail(std::move(*answer.error));
}

void Connection::Execute(std::string_view script) {
  const std::string text = TagStatements(script);
  ThrowIfInterrupted();
  const Cancellable cancellable(cancel_.get());
  const MemoryLimit memory(MemoryLimit::ForAnswers(kServerAnswer));
  const std::unique_ptr<PGresult, Finish> result(PQexec(connection_.get(), text.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) return;
  Diagnostics error = {ErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY), ErrorField(result.get(), PG_DIAG_MESSAGE_DETAIL),
                       ErrorField(result.get(), PG_DIAG_MESSAGE_HINT), ErrorField(result.get(), PG_DIAG_SQLSTATE)};
  if (error.sqlstate.empty()) error = {Trimmed(PQerrorMessage(connection_.get())), "", "", ""};
  Fail(std::move(error));
}

double Connection::TimeText(const std::string& sql) {
  return Timed([&] { return PQsendQuery(connection_.get(), sql.c_str()); });
}

double Connection::TimePrepared(const std::string& name, const std::vector<std::string>& values) {
  std::vector<const char*> texts;
  for (const std::string& value : values) texts.push_back(value.c_str());
  return Timed([&] {
    return PQsendQueryPrepared(connection_.get(), name.c_str(), static_cast<int>(texts.size()), texts.data(), nullptr, nullptr, 0);
  });
}

}  // namespace steward::db
