// The seam between everything that asks a server and the server: one abstract class, a libpq one in connection.hpp and
// a scripted one in the tests.
#pragma once

#include <string>
#include <string_view>

#include "db/result.hpp"

namespace steward::db {

/// Where we are connected: what may be printed. Never a password, never a connection string.
struct Endpoint {
  std::string host;  // name, address or socket directory, as the user gave it
  std::string port;
  std::string database;
  std::string user;
};

/// One session with a server. Single-threaded. Throws the classes of error.hpp.
class Database {
 public:
  virtual ~Database() = default;

  /// Runs one statement with parameters and returns all its rows.
  virtual Result Query(std::string_view sql, const Parameters& parameters = {}) = 0;
  /// Runs one or several statements without parameters and drops their rows.
  virtual void Execute(std::string_view script) = 0;
  virtual const Endpoint& endpoint() const = 0;
  /// The process id that the other end of the wire gave us at connection start; compare pooler.hpp.
  virtual int announced_backend_pid() const = 0;
};

}  // namespace steward::db
