// Makes configuration files of a plan: pgbouncer.ini (new, or an existing one edited), what the server's configuration needs,
// and the application's pools. Refuses what would be unsafe. Writes nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pgbouncer/editor.hpp"
#include "pgbouncer/facts.hpp"
#include "pgbouncer/plan.hpp"

namespace steward::pgbouncer {

struct MadeFile {
  std::string name;  // without a folder
  std::string text;
  std::vector<IniChange> changes;  // for people
};

struct MadeConfig {
  std::vector<MadeFile> files;        // pgbouncer.ini first
  std::vector<std::string> refusals;  // none: it may be written
  std::vector<std::string> steps;     // what to do with the files, in order
};

/// The file that is edited; none: a new one is made.
struct ExistingIni {
  std::string path;
  std::string text;
};

/// `before` is what lint knows of the configuration as it is: its release, server and classes count here.
MadeConfig MakeConfig(const Plan& plan, const std::optional<ExistingIni>& existing, const Facts& before);

}  // namespace steward::pgbouncer
