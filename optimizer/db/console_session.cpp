// See console_session.hpp. libpq's connect_timeout is whole seconds and ends with the connection, so everything here is
// asynchronous with a deadline of its own. Only looking up a host's name can take longer.
#include "db/console_session.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "db/answer.hpp"
#include "db/error.hpp"
#include "db/libpq_text.hpp"

namespace steward::db {

namespace {

constexpr const char* kHint =
    "The user must be one of admin_users or stats_users; give its password with PGPASSWORD or a password file.";

// The database of a console is "pgbouncer", whatever PGDATABASE or the user's name say.
void AddDatabase(const ConnectOptions& options, Keywords& keywords) {
  const std::string text = options.dbname.value_or("");
  bool named = false;
  if (text.find('=') != std::string::npos || text.find("://") != std::string::npos) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(PQconninfoParse(text.c_str(), nullptr),
                                                                              PQconninfoFree);
    for (const PQconninfoOption* option = parsed.get(); option != nullptr && option->keyword != nullptr; ++option)
      named = named || (std::string_view(option->keyword) == "dbname" && option->val != nullptr);
  } else {
    named = !text.empty();
  }
  if (!named) keywords.emplace_back("dbname", "pgbouncer");
}

PGconn* Start(const Keywords& keywords) {
  const KeywordArrays arrays(keywords);
  return PQconnectStartParams(arrays.names.data(), arrays.values.data(), 1);
}

bool IsLoopback(int socket) {
  sockaddr_storage address = {};
  socklen_t length = sizeof(address);
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return false;
  if (address.ss_family == AF_UNIX) return true;
  if (address.ss_family == AF_INET)
    return (ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24U) == IN_LOOPBACKNET;
  return address.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

std::string OrEmpty(const char* text) {
  return text == nullptr ? "" : text;
}

void DropNotice(void*, const PGresult*) {}

}  // namespace

ConsoleSession::ConsoleSession(const ConnectOptions& options, std::chrono::milliseconds timeout) : timeout_(timeout) {
  Keywords keywords = CheckOptions(options).keywords;
  AddDatabase(options, keywords);
  const MemoryLimit memory(MemoryLimit::ForAnswers(kConsoleAnswer));
  connection_.reset(Start(keywords));
  if (connection_ == nullptr) throw ConnectionError({"out of memory", "", "", ""});
  const Clock::time_point deadline = Clock::now() + timeout_;
  PostgresPollingStatusType state = PQstatus(connection_.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    WaitFor(state == PGRES_POLLING_READING, deadline);
    state = PQconnectPoll(connection_.get());
  }
  if (state == PGRES_POLLING_FAILED) throw ConnectionError({Trimmed(PQerrorMessage(connection_.get())), "", kHint, ""});
  PQsetNoticeReceiver(connection_.get(), DropNotice, nullptr);
  endpoint_ = {OrEmpty(PQhost(connection_.get())), OrEmpty(PQport(connection_.get())), OrEmpty(PQdb(connection_.get())),
               OrEmpty(PQuser(connection_.get()))};
  local_ = IsLoopback(PQsocket(connection_.get()));
}

void ConsoleSession::FailTimeout() {
  connection_.reset();
  throw ConnectionError({"no answer from the admin console within " + std::to_string(timeout_.count()) + " ms", "",
                         "The pooler hangs or is stopped: its clients get no answer either.", ""});
}

void ConsoleSession::WaitFor(bool readable, Clock::time_point deadline) {
  pollfd file = {PQsocket(connection_.get()), static_cast<short>(readable ? POLLIN : POLLOUT), 0};
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) FailTimeout();
    const int ready = poll(&file, 1, static_cast<int>(left.count()) + 1);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return;
  }
}

Result ConsoleSession::Query(const std::string& command) {
  if (connection_ == nullptr) throw ConnectionError({"the session with the admin console is closed", "", "", ""});
  const Clock::time_point deadline = Clock::now() + timeout_;
  if (PQsendQuery(connection_.get(), command.c_str()) == 0) Lose({Trimmed(PQerrorMessage(connection_.get())), "", "", ""});
  Answer answer = ReadAnswer(connection_.get(), kConsoleAnswer, [&] { WaitFor(true, deadline); });
  if (!answer.error) return std::move(answer.rows);
  if (answer.error->sqlstate.empty()) Lose(std::move(*answer.error));
  Throw(std::move(*answer.error));
}

void ConsoleSession::Lose(Diagnostics why) {
  connection_.reset();
  why.message = "lost the connection to the admin console: " + why.message;
  throw ConnectionError(std::move(why));
}

}  // namespace steward::db
