// Looks at the server's sessions many times a second over a direct connection: how many of a pool's connections are
// inside a transaction. Does not block.
#pragma once

#include <libpq-fe.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "db/connect_options.hpp"
#include "load/arrivals.hpp"
#include "model/load_result.hpp"

namespace steward::load {

class Sampler {
 public:
  static constexpr Nanoseconds kPeriod = 50'000'000;

  /// Connects, blocking for at most connect_timeout. Throws db::ConnectionError.
  explicit Sampler(const db::Keywords& keywords);

  int socket() const { return PQsocket(connection_.get()); }
  /// Forgets what was seen.
  void Begin();
  /// Asks, unless the last answer is still to come.
  void Ask();
  /// The socket has input. False: the connection broke, and there is nothing to watch any more.
  bool Ready();
  /// The pool of a database and a role, over what was seen since Begin(); none: never seen.
  std::optional<model::PoolUse> Use(const std::string& database, const std::string& user) const;
  bool broken() const { return connection_ == nullptr; }
  /// The role may not see what other roles' sessions do: nothing was learned.
  bool blind() const { return blind_; }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  struct Seen {
    double busy = 0;  // summed over the looks
    int max_busy = 0;
    int max_connections = 0;
  };

  void Note(const PGresult* result);

  std::unique_ptr<PGconn, Finish> connection_;
  bool asked_ = false;
  bool discard_ = false;  // an answer to a question from before Begin()
  bool blind_ = false;
  std::uint64_t looks_ = 0;
  std::map<std::pair<std::string, std::string>, Seen> seen_;
};

}  // namespace steward::load
