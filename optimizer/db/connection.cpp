// See connection.hpp.
#include "db/connection.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

template <typename Run>
Connection::Answer Connection::Checked(Run run) {
  ThrowIfInterrupted();
  SetCancelTarget(cancel_.get());
  Answer answer(run());
  SetCancelTarget(nullptr);
  const ExecStatusType status = PQresultStatus(answer.get());
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) return answer;
  const std::string sqlstate = ErrorField(answer.get(), PG_DIAG_SQLSTATE);
  if (sqlstate == "57014") ThrowIfInterrupted();
  if (sqlstate.empty())
    throw ConnectionError({"lost the connection to the server: " + Trimmed(PQerrorMessage(connection_.get())), "",
                           "Look into the server's log, then run the command again.", ""});
  Throw({ErrorField(answer.get(), PG_DIAG_MESSAGE_PRIMARY), ErrorField(answer.get(), PG_DIAG_MESSAGE_DETAIL),
         ErrorField(answer.get(), PG_DIAG_MESSAGE_HINT), sqlstate});
}

template <typename Run>
double Connection::Timed(Run run) {
  using Clock = std::chrono::steady_clock;
  double took = 0;
  Checked([&] {
    const auto began = Clock::now();
    PGresult* const result = run();
    took = std::chrono::duration<double, std::milli>(Clock::now() - began).count();
    return result;
  });
  return took;
}

Result Connection::Query(std::string_view sql, const Parameters& parameters) {
  std::vector<const char*> values;
  for (const Parameter& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  const std::string text = TagStatements(sql);
  const Answer answer = Checked([&] {
    return PQexecParams(connection_.get(), text.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                        nullptr, nullptr, 0);
  });
  return CopyRows(answer.get());
}

void Connection::Execute(std::string_view script) {
  const std::string text = TagStatements(script);
  Checked([&] { return PQexec(connection_.get(), text.c_str()); });
}

double Connection::TimeText(const std::string& sql) {
  return Timed([&] { return PQexec(connection_.get(), sql.c_str()); });
}

double Connection::TimePrepared(const std::string& name, const std::vector<std::string>& values) {
  std::vector<const char*> texts;
  for (const std::string& value : values) texts.push_back(value.c_str());
  return Timed([&] {
    return PQexecPrepared(connection_.get(), name.c_str(), static_cast<int>(texts.size()), texts.data(), nullptr, nullptr, 0);
  });
}

}  // namespace steward::db
