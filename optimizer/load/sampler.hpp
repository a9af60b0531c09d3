// Looks at pools many times a second: at the server's sessions, how many of a pool's are inside a transaction; or on
// PgBouncer's console, how many connections it has given to clients. Does not block.
#pragma once

#include <libpq-fe.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "db/connect_options.hpp"
#include "db/result.hpp"
#include "load/arrivals.hpp"
#include "model/load_result.hpp"

namespace steward::load {

/// What was seen of pools, look by look.
class PoolLooks {
 public:
  /// An answer of the server: datname, usename, busy, connections, hidden.
  void AddSessions(const db::Result& rows);
  /// An answer of the console to SHOW POOLS.
  void AddPools(const db::Result& rows);
  /// The pool of a database and a role; none: never seen, or not allowed to see it.
  std::optional<model::PoolUse> Use(const std::string& database, const std::string& user) const;
  bool blind() const { return blind_; }

 private:
  struct Seen {
    double busy = 0;  // summed over the looks
    int max_busy = 0;
    int connections = 0;
  };
  Seen& Add(const std::string& database, const std::string& user, int busy);

  bool blind_ = false;
  std::uint64_t looks_ = 0;
  std::map<std::pair<std::string, std::string>, Seen> seen_;
};

class Sampler {
 public:
  static constexpr Nanoseconds kPeriod = 50'000'000;
  enum class Of { kServer, kConsole };

  /// Connects, blocking for at most connect_timeout. Throws db::ConnectionError.
  Sampler(const db::Keywords& keywords, Of of);

  int socket() const { return PQsocket(connection_.get()); }
  /// Forgets what was seen.
  void Begin();
  /// Asks, unless the last answer is still to come.
  void Ask();
  /// The socket has input. False: the connection broke, and there is nothing to watch any more.
  bool Ready();
  /// Over what was seen since Begin().
  std::optional<model::PoolUse> Use(const std::string& database, const std::string& user) const {
    return looks_.Use(database, user);
  }
  bool broken() const { return connection_ == nullptr; }
  /// The role may not see what other roles' sessions do: nothing was learned.
  bool blind() const { return looks_.blind(); }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  std::unique_ptr<PGconn, Finish> connection_;
  bool asked_ = false;
  bool discard_ = false;  // an answer to a question from before Begin()
  Of of_;
  PoolLooks looks_;
};

}  // namespace steward::load
