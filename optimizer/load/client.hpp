// One client connection of the load on libpq's asynchronous calls: connecting, one statement at a time, and what came
// of it. Never blocks. Who watches its socket, and what it runs, is the driver's business.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "db/connect_options.hpp"
#include "load/script.hpp"
#include "load/tally.hpp"

namespace steward::load {

class Client {
 public:
  enum class State { kClosed, kConnecting, kReady, kBusy };
  enum class Event { kNone, kConnected, kAnswered, kBroken };

  State state() const { return state_; }
  int socket() const { return PQsocket(connection_.get()); }
  /// Whether the socket is to be watched for room to write, beside (or while connecting instead of) input.
  bool wants_write() const { return wants_write_; }
  bool wants_read() const { return wants_read_; }

  /// Begins to connect. False: failed at once, see failure().
  bool Connect(const db::Keywords& keywords);
  void Close();
  /// Sends one statement. False: the connection broke.
  bool Send(const ScriptStatement& statement, const std::vector<std::int64_t>& values, bool extended);
  bool Rollback() { return SendText("ROLLBACK"); }
  /// The socket is ready for what was wanted: what that led to.
  Event Ready();

  /// Of the last statement that was answered, or of the connection that broke; none: it succeeded.
  const std::optional<Failure>& failure() const { return failure_; }
  /// Whether the server waits within a transaction.
  bool in_transaction() const;

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  Event PollConnection();
  Event ReadAnswer();
  bool SendText(const char* text);
  bool Flush();
  bool Sent(int sent);
  Event Broken();
  void NoteError(const PGresult* result);

  std::unique_ptr<PGconn, Finish> connection_;
  State state_ = State::kClosed;
  bool wants_write_ = false;
  bool wants_read_ = false;
  std::optional<Failure> failure_;
};

/// The SQLSTATE that stands in libpq's verbose message, or nothing: there is no other way to that of a failed
/// connection.
std::string SqlstateOf(const std::string& verbose_message);

/// Whether trying to connect again is of no use: a wrong password, an unknown role or database.
bool IsPermanent(const Failure& failure);

}  // namespace steward::load
