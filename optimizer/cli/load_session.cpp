// See load_session.hpp.
#include "cli/load_session.hpp"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "db/connection.hpp"
#include "db/error.hpp"
#include "db/interrupt.hpp"
#include "load/processes.hpp"
#include "load/target.hpp"
#include "pgbouncer/ini.hpp"
#include "report/terminal_text.hpp"

namespace steward::cli {

namespace {

constexpr std::chrono::milliseconds kConsoleTimeout{2000};
constexpr std::chrono::milliseconds kServerTimeout{10000};  // a pooler may have to open a connection first

std::vector<load::LoadClass> ReadFileClasses(const std::string& path) {
  std::vector<std::pair<std::string, std::vector<load::Setting>>> sections;
  for (const pgbouncer::IniEntry& entry : pgbouncer::ReadIni(path).entries) {
    if (entry.kind == pgbouncer::IniEntry::Kind::kSection) sections.push_back({entry.section, {}});
    if (entry.kind == pgbouncer::IniEntry::Kind::kValue) {
      if (sections.empty())
        throw load::PlanError("a setting stands before the first class", "Begin each class with [name].");
      sections.back().second.push_back({entry.key, entry.value});
    }
  }
  std::vector<load::LoadClass> classes;
  for (const auto& [name, settings] : sections) classes.push_back(load::ReadClass(name, settings));
  return classes;
}

void CheckTarget(const db::Connection& connection, const std::string& allowed) {
  const std::string& host = connection.endpoint().host;
  if (load::MayBeLoaded({host, connection.address()}, allowed)) return;
  const std::string name = report::Printable(host);
  throw UsageError(fmt::format("host \"{}\" is not this machine", name),
                   fmt::format("Load slows down whoever else works there. If that is meant: --allow-host {}", name));
}

// A pooler on this machine can stand in front of a server elsewhere. One that was named is named with what is behind it.
void CheckServer(db::Connection& connection, const std::string& allowed) {
  const std::string& host = connection.endpoint().host;
  if (!load::MayBeLoaded({host, connection.address()}, "")) return;
  const db::Result result = connection.Query(
      "SELECT pg_catalog.host(pg_catalog.inet_server_addr()) AS server, pg_catalog.host(pg_catalog.inet_client_addr()) "
      "AS pooler");
  const std::string server = result.Only().Text("server");
  if (load::ServerMayBeLoaded(server, result.Only().Text("pooler"), allowed)) return;
  throw UsageError(fmt::format("the server of database \"{}\", {}, is not this machine",
                               report::Printable(connection.endpoint().database), server),
                   fmt::format("Load slows down whoever else works there. If that is meant: --allow-host {}", server));
}

std::string ConnectionString(const db::Keywords& keywords) {
  std::string text;
  for (const auto& [name, value] : keywords) {
    text += name + "='";
    for (const char c : value) text += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    text += "' ";
  }
  return text;
}

// Each database of the load may have a server of its own.
void CheckServers(db::Connection& first, const std::vector<load::LoadClass>& classes,
                  const std::vector<db::Keywords>& keywords, const std::string& allowed) {
  CheckServer(first, allowed);
  std::set<std::string> checked = {first.endpoint().database};
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (!checked.insert(classes[i].database).second) continue;
    db::ConnectOptions options;
    options.dbname = ConnectionString(keywords[i]);
    options.prompt = db::ConnectOptions::Password::kNever;
    db::Connection connection(options, db::PromptForPassword);
    connection.AnswerWithin(kServerTimeout);
    CheckServer(connection, allowed);
  }
}

std::unique_ptr<load::Sampler> OpenSampler(const std::string& server) {
  if (server.empty()) return nullptr;
  db::ConnectOptions options;
  options.dbname = server;
  options.prompt = db::ConnectOptions::Password::kNever;
  const db::Connection connection(options, db::PromptForPassword);
  return std::make_unique<load::Sampler>(connection.Settings(), load::Sampler::Of::kServer);
}

// As far as they can be asked.
void OpenWatchers(const LoadOptions& load_options, LoadSession& session) {
  session.sampler = OpenSampler(load_options.server);
  db::ConnectOptions options;
  options.host = session.endpoint.host;
  options.port = session.endpoint.port;
  options.user = load_options.console_user.empty() ? session.endpoint.user : load_options.console_user;
  try {
    session.console = std::make_unique<db::ConsoleSession>(options, kConsoleTimeout);
    session.pooler = std::make_unique<load::PoolerWatch>(
        [console = session.console.get()](const std::string& command) { return console->Query(command); });
    db::Keywords keywords = db::CheckOptions(options).keywords;
    keywords.emplace_back("dbname", "pgbouncer");
    keywords.emplace_back("connect_timeout", "2");
    session.pools = std::make_unique<load::Sampler>(keywords, load::Sampler::Of::kConsole);
  } catch (const db::ConnectionError& error) {
    session.console_problem = error.what();
    if (!load_options.console_user.empty()) throw;
  }
}

// Connections that the server has for the pools of the classes: what it allows less what others have of it now.
int ReadBudget(db::Database& database, const std::vector<load::LoadClass>& classes) {
  std::vector<std::string> users;
  for (const load::LoadClass& load_class : classes) users.push_back(load_class.user);
  const db::Result result = database.Query(
      "SELECT pg_catalog.current_setting('max_connections')::int - "
      "pg_catalog.current_setting('superuser_reserved_connections')::int - "
      "coalesce(pg_catalog.current_setting('reserved_connections', true)::int, 0) - (SELECT count(*)::int FROM "
      "pg_catalog.pg_stat_activity WHERE (backend_type = 'client backend' OR backend_type IS NULL) AND "
      "usename <> ALL ($1::text[]::name[])) AS budget",
      {db::ArrayLiteral(users)});
  return static_cast<int>(result.Only().Int("budget"));
}

// Far more than a load takes: what its clients are answered is not to fill the machine.
std::size_t MemoryOf(const std::vector<load::LoadClass>& classes) {
  constexpr std::size_t kBase = std::size_t{1} << 30;
  constexpr std::size_t kEach = std::size_t{256} << 10;
  return kBase + kEach * static_cast<std::size_t>(load::TotalConnections(classes));
}

}  // namespace

std::vector<load::LoadClass> ReadClasses(const LoadOptions& options) {
  try {
    std::vector<load::LoadClass> classes;
    if (options.file.empty())
      classes.push_back(load::ReadClass("load", options.settings));
    else
      classes = ReadFileClasses(options.file);
    load::CheckPlan(classes);
    return classes;
  } catch (const load::PlanError& error) {
    throw UsageError(report::Printable(error.what()), error.hint());
  } catch (const pgbouncer::FileError& error) {
    throw UsageError(error.what(), error.hint());
  }
}

db::Keywords KeywordsOf(const db::Keywords& base, load::LoadClass& load_class) {
  // The connection's order decides nothing: libpq names the user before the password.
  std::map<std::string, std::string> ours(base.begin(), base.end());
  const bool other_user = !load_class.user.empty() && load_class.user != ours["user"];
  if (load_class.database.empty()) load_class.database = ours["dbname"];
  if (load_class.user.empty()) load_class.user = ours["user"];
  db::Keywords keywords;
  for (const auto& [name, value] : base)
    if (name != "application_name" && !(other_user && name == "password")) keywords.emplace_back(name, value);
  keywords.emplace_back("dbname", load_class.database);
  keywords.emplace_back("user", load_class.user);
  keywords.emplace_back("application_name",
                        load_class.application_name.empty() ? "pgsteward" : load_class.application_name);
  return keywords;
}

std::unique_ptr<LoadSession> OpenLoadSession(const Arguments& arguments, std::vector<load::LoadClass> classes) {
  const LoadOptions& options = arguments.load;
  auto session = std::make_unique<LoadSession>();
  load::DriverOptions driver;
  std::vector<db::Keywords> keywords;
  {
    db::Connection connection(arguments.connect, db::PromptForPassword);
    connection.AnswerWithin(kServerTimeout);
    CheckTarget(connection, options.allow_host);
    session->endpoint = connection.endpoint();
    const db::Keywords base = connection.Settings();
    for (load::LoadClass& load_class : classes) keywords.push_back(KeywordsOf(base, load_class));
    CheckServers(connection, classes, keywords, options.allow_host);
    if (options.calibrate) session->budget = ReadBudget(connection, classes);
    const db::Result backend = connection.Query("SELECT pg_catalog.pg_backend_pid() AS pid");
    driver.postmaster_pid = load::PostmasterOf(static_cast<int>(backend.Only().Int("pid")));
  }
  db::InstallInterruptHandler();
  session->memory = std::make_unique<db::MemoryLimit>(MemoryOf(classes));
  OpenWatchers(options, *session);
  session->classes = classes;
  session->seed = options.seed.value_or(std::random_device{}());
  driver.seed = session->seed;
  driver.stop = db::InterruptRequested;
  driver.progress = [progress = &session->progress](const std::string& phase, std::optional<double> share) {
    progress->Say(phase, share);
  };
  driver.server = session->sampler.get();
  driver.console = session->pools.get();
  driver.pooler = session->pooler.get();
  session->driver = std::make_unique<load::Driver>(std::move(classes), std::move(keywords), driver);
  return session;
}

}  // namespace steward::cli
