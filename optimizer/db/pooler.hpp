// Tells a direct connection from one through a transaction pooler (F1).
#pragma once

#include <string>

#include "db/database.hpp"

namespace steward::db {

/// What is behind the wire. `server_address` is empty when the pooler reaches its server over a unix socket.
struct PoolerCheck {
  bool behind_pooler = false;
  std::string server_address;
  std::string server_port;
};

/// Compares the process id announced at connection start with pg_backend_pid(): a pooler announces one of its own.
/// Runs one query; no transaction needed.
PoolerCheck CheckPooler(Database& database);

/// How to reach the server itself, as a line of advice: "-h 10.0.0.5 -p 5432".
std::string DirectConnectionAdvice(const PoolerCheck& check);

}  // namespace steward::db
