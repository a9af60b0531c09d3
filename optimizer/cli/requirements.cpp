// See requirements.hpp.
#include "cli/requirements.hpp"

#include <fmt/format.h>

#include "db/pooler.hpp"
#include "db/transaction.hpp"

namespace steward::cli {

namespace {

db::Error NotInstalled(const db::Database& database, const std::string& otherwise) {
  return db::Error(
      {fmt::format("extension pg_steward is not installed in database \"{}\"", database.endpoint().database), "",
       "Run: CREATE EXTENSION pg_steward;   (pgsteward doctor says what else is missing)" + otherwise, ""});
}

// The commands that make advice without pg_steward possible.
std::string MissingParts(const collect::HypopgSource& source) {
  std::string commands;
  if (source.statements_version.empty()) commands += " CREATE EXTENSION pg_stat_statements;";
  if (source.hypopg_version.empty()) commands += " CREATE EXTENSION hypopg;";
  if (!source.statements_loaded) commands += " (pg_stat_statements has to be in shared_preload_libraries)";
  return "Run:" + commands;
}

}  // namespace

// Planning takes locks on the statements' tables and runs for as long as it takes, which a pooled server connection is
// not for; and what it plans must not be seen by whoever gets that connection next (F1).
void RequireDirectConnection(db::Database& database) {
  const db::PoolerCheck check = db::CheckPooler(database);
  if (!check.behind_pooler) return;
  throw db::SettingsError({"connect to the server, not to the pooler",
                           "The backend's process id is not the one that "
                           "was announced, so a pooler is in between; what-if is unsafe there.",
                           "Try " + db::DirectConnectionAdvice(check) + ".", ""});
}

void RequireExtension(db::Database& database) {
  const db::ReadOnlyTransaction transaction(database);
  const db::Result result = database.Query("SELECT FROM pg_extension WHERE extname = 'pg_steward'");
  if (!result.empty()) return;
  throw NotInstalled(database, "");
}

std::optional<collect::HypopgSource> ChooseSource(db::Database& database, const Arguments& arguments) {
  const bool steward_only = arguments.verify || !arguments.from.empty();
  if (arguments.source == Source::kHypopg && steward_only)
    throw UsageError("options \"--verify\" and \"--from\" need pg_steward", "Leave out --source=hypopg.");
  if (arguments.source == Source::kSteward || (arguments.source == Source::kAuto && steward_only)) {
    RequireExtension(database);
    return std::nullopt;
  }
  const db::ReadOnlyTransaction transaction(database);
  collect::HypopgSource source = collect::ReadHypopgSource(database);
  if (arguments.source == Source::kAuto && source.steward) return std::nullopt;
  if (source.Complete()) return source;
  if (arguments.source == Source::kAuto)
    throw NotInstalled(database, " Where it cannot be preloaded: " + MissingParts(source));
  throw db::Error({fmt::format("database \"{}\" does not have all of pg_stat_statements and hypopg", database.endpoint().database),
                   "", MissingParts(source), ""});
}

}  // namespace steward::cli
