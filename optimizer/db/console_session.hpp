// A session with a pooler's admin console: commands by the simple protocol, which is all that it speaks, and a deadline for
// each, for a pooler that hangs accepts connections and answers nothing.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <string>

#include "db/connect_options.hpp"
#include "db/database.hpp"
#include "db/error.hpp"

namespace steward::db {

class ConsoleSession {
 public:
  using Clock = std::chrono::steady_clock;

  /// Connects; the database is "pgbouncer" unless the options name another. Never asks for a password. Throws SettingsError
  /// or ConnectionError; their texts hold no connection string. `timeout` holds for this and for each command.
  ConsoleSession(const ConnectOptions& options, std::chrono::milliseconds timeout);

  /// Throws Error as the console says it, ConnectionError where it does not answer in time, or with more than kConsoleAnswer;
  /// then the session is closed.
  Result Query(const std::string& command);
  /// What may be printed of where this is.
  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
  /// Over a unix socket or a loopback address.
  [[nodiscard]] bool IsLocal() const { return local_; }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  void WaitFor(bool readable, Clock::time_point deadline);
  [[noreturn]] void FailTimeout();
  [[noreturn]] void Lose(Diagnostics why);

  std::unique_ptr<PGconn, Finish> connection_;
  std::chrono::milliseconds timeout_;
  Endpoint endpoint_;
  bool local_ = false;
};

}  // namespace steward::db
