// A libpq session behind the Database seam: connecting with psql's options, RAII, errors as exceptions.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "db/connect_options.hpp"
#include "db/database.hpp"
#include "db/error.hpp"
#include "db/run_timer.hpp"

namespace steward::db {

class Connection : public Database, public RunTimer {
 public:
  /// Asks the user for a password; the argument is the user name the password is for.
  using PasswordPrompt = std::function<std::string(const std::string& user)>;

  /// Connects, asking for a password as `options.prompt` says. Throws SettingsError or ConnectionError; their texts
  /// name host, port, database and user at most.
  Connection(const ConnectOptions& options, const PasswordPrompt& ask);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// At most kServerAnswer of rows: with more, or no answer in the time of AnswerWithin, the session is closed.
  Result Query(std::string_view sql, const Parameters& parameters = {}) override;
  void Execute(std::string_view script) override;
  double TimeText(const std::string& sql) override;
  double TimePrepared(const std::string& name, const std::vector<std::string>& values) override;
  /// From now on each Query has so long to be answered, also by a pooler that hangs or has no connection to give.
  void AnswerWithin(std::chrono::milliseconds timeout) { timeout_ = timeout; }
  /// Everything that this session was opened with, its password included: to open others like it, with the same host.
  Keywords Settings() const;
  /// The other end's address; empty for unix sockets.
  std::string address() const;
  const Endpoint& endpoint() const override { return endpoint_; }
  int announced_backend_pid() const override { return PQbackendPID(connection_.get()); }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
    void operator()(PGresult* result) const { PQclear(result); }
  };

  void Connect(Keywords keywords, const PasswordPrompt& ask, ConnectOptions::Password prompt);
  template <typename Ask>
  double Timed(Ask ask);
  void WaitForAnswer(std::chrono::steady_clock::time_point began);
  [[noreturn]] void Fail(Diagnostics error);

  std::unique_ptr<PGconn, Finish> connection_;
  std::unique_ptr<PGcancel, Finish> cancel_;
  Endpoint endpoint_;
  std::optional<std::chrono::milliseconds> timeout_;
};

/// Reads a password from the terminal without echo. Throws SettingsError where there is no terminal.
std::string PromptForPassword(const std::string& user);

}  // namespace steward::db
