// See pool_facts.hpp.
#include "cli/pool_facts.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "cli/output.hpp"
#include "db/connection.hpp"
#include "db/console_session.hpp"
#include "db/interrupt.hpp"
#include "pgbouncer/console.hpp"
#include "pgbouncer/process_facts.hpp"
#include "pgbouncer/server_facts.hpp"

namespace steward::cli {

namespace {

constexpr std::chrono::milliseconds kConsoleTimeout{2000};

void WarnOfPassword(const db::ConnectOptions& options) {
  if (db::CheckOptions(options).password_in_arguments)
    PrintWarning("the password in the connection string can be read by every user of this machine",
                 "Use PGPASSWORD or a password file instead.");
}

void ReadConsoleOf(const Arguments& arguments, PoolSources& sources) {
  db::ConnectOptions options;
  options.dbname = arguments.pool.console;
  WarnOfPassword(options);
  db::ConsoleSession session(options, kConsoleTimeout);
  sources.facts.console = pgbouncer::ReadConsole([&](const std::string& command) { return session.Query(command); }, session.IsLocal());
  const pgbouncer::ConsoleFacts& console = *sources.facts.console;
  sources.names.emplace_back("console", fmt::format("{} on {} port {}", console.version_text, session.endpoint().host, session.endpoint().port));
  if (*console.version > pgbouncer::kNewestVersion || *console.version < pgbouncer::kOldestVersion)
    sources.warnings.push_back(fmt::format("PgBouncer {} is {} than what this program knows, {} to {}: what differs there is not judged",
                                           pgbouncer::VersionText(*console.version),
                                           *console.version > pgbouncer::kNewestVersion ? "newer" : "older",
                                           pgbouncer::VersionText(pgbouncer::kOldestVersion), pgbouncer::VersionText(pgbouncer::kNewestVersion)));
}

void ReadFileOf(const Arguments& arguments, PoolSources& sources) {
  pgbouncer::Facts& facts = sources.facts;
  facts.file = pgbouncer::LoadPgBouncerFile(pgbouncer::ReadIni(arguments.pool.ini), facts.Version());
  sources.names.emplace_back("pgbouncer", arguments.pool.ini);
  if (!facts.console || !facts.console->local) return;
  const auto reads = facts.console->config.find("conffile");
  std::error_code error;
  if (reads != facts.console->config.end() && !std::filesystem::equivalent(reads->second.value, arguments.pool.ini, error) && !error)
    facts.other_file = reads->second.value;
}

bool NamesServer(const db::ConnectOptions& options) {
  return options.host || options.port || options.user || options.dbname;
}

void ReadServerOf(const Arguments& arguments, PoolSources& sources) {
  WarnOfPassword(arguments.connect);
  db::Connection connection(arguments.connect, db::PromptForPassword);
  db::InstallInterruptHandler();
  sources.facts.server = pgbouncer::ReadServer(connection);
  sources.facts.classes = pgbouncer::ReadClasses(connection, sources.facts.why_no_classes);
  const db::Endpoint& endpoint = connection.endpoint();
  const std::int64_t number = sources.facts.server->version_num;
  sources.names.emplace_back("server", fmt::format("PostgreSQL {}.{} on {} port {}", number / 10000, number % 10000, endpoint.host, endpoint.port));
}

void ReadProcessOf(const Arguments& arguments, PoolSources& sources) {
  pgbouncer::Facts& facts = sources.facts;
  std::optional<int> pid = arguments.pool.pid;
  if (!pid && facts.other_file.empty()) pid = pgbouncer::PidFromFile(pgbouncer::SettingText(facts, "pidfile").value_or(""));
  if (!pid) return;
  facts.process = pgbouncer::ReadProcess(*pid);
  sources.names.emplace_back("process", std::to_string(*pid));
}

}  // namespace

PoolSources ReadPoolSources(const Arguments& arguments) {
  PoolSources sources;
  sources.facts.machine = pgbouncer::ReadMachine();
  if (!arguments.pool.app.empty()) sources.facts.app = pgbouncer::ParseAppFile(pgbouncer::ReadIni(arguments.pool.app));
  if (!arguments.pool.console.empty()) ReadConsoleOf(arguments, sources);
  if (!arguments.pool.ini.empty()) ReadFileOf(arguments, sources);
  if (!arguments.pool.app.empty()) sources.names.emplace_back("application", arguments.pool.app);
  if (NamesServer(arguments.connect)) ReadServerOf(arguments, sources);
  ReadProcessOf(arguments, sources);
  return sources;
}

}  // namespace steward::cli
