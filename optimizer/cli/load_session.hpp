// What "pool verify" opens before it begins: the classes of the load, the connections that watch it, the driver.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "db/answer.hpp"
#include "db/connect_options.hpp"
#include "db/console_session.hpp"
#include "db/database.hpp"
#include "load/driver.hpp"

namespace steward::cli {

/// The classes that a file or the options describe. Throws UsageError.
std::vector<load::LoadClass> ReadClasses(const LoadOptions& options);

/// How the clients of one class connect: as `base` says, but for what the class names itself; fills in its database and
/// user. The password of `base` is left out where the class has another user.
db::Keywords KeywordsOf(const db::Keywords& base, load::LoadClass& load_class);

/// Everything that a load needs, opened. Destroyed in reverse order: the driver before those that watch.
struct LoadSession {
  db::Endpoint endpoint;
  std::vector<load::LoadClass> classes;  // with database and user filled in
  int budget = 0;                        // connections that the server has for the pools of these classes
  std::uint64_t seed = 0;
  std::string console_problem;  // why there is no console
  Progress progress;
  std::unique_ptr<db::MemoryLimit> memory;
  std::unique_ptr<db::ConsoleSession> console;
  std::unique_ptr<load::PoolerWatch> pooler;
  std::unique_ptr<load::Sampler> sampler;  // of the server
  std::unique_ptr<load::Sampler> pools;    // of the console
  std::unique_ptr<load::Driver> driver;
};

/// Connects as the options say, checks that this host may be put under load, and opens the rest; the load's own
/// connections are opened by the driver. Throws UsageError and the classes of db/error.hpp.
std::unique_ptr<LoadSession> OpenLoadSession(const Arguments& arguments, std::vector<load::LoadClass> classes);

}  // namespace steward::cli
