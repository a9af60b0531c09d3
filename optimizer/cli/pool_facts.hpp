// Gathers what the pool commands look at from where the command line says: files, the console, the server, the process.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/arguments.hpp"
#include "pgbouncer/facts.hpp"

namespace steward::cli {

struct PoolSources {
  pgbouncer::Facts facts;
  std::vector<std::pair<std::string, std::string>> names;  // what was read: kind and name, without secrets
  std::vector<std::string> warnings;
};

/// Reads --ini, --console, --app, the server where a connection option names one, and the running process. Throws
/// pgbouncer::FileError, db::SettingsError or db::Error for what was named and cannot be read.
PoolSources ReadPoolSources(const Arguments& arguments);

}  // namespace steward::cli
