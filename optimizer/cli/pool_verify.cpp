// pgsteward pool verify: a load through the pooler, and whether the promises are kept under it.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "db/connection.hpp"
#include "db/console_session.hpp"
#include "db/error.hpp"
#include "db/interrupt.hpp"
#include "load/driver.hpp"
#include "load/target.hpp"
#include "pgbouncer/ini.hpp"
#include "report/load_report.hpp"
#include "report/terminal_text.hpp"

namespace steward::cli {

namespace {

constexpr std::chrono::milliseconds kConsoleTimeout{2000};

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

void CheckTarget(const db::Connection& connection, const std::string& allowed) {
  const std::string& host = connection.endpoint().host;
  if (load::MayBeLoaded({host, connection.address()}, allowed)) return;
  const std::string name = report::Printable(host);
  throw UsageError(fmt::format("host \"{}\" is not this machine", name),
                   fmt::format("Load slows down whoever else works there. If that is meant: --allow-host {}", name));
}

// How the clients of one class connect: as we did, but for what the class names itself.
db::Keywords KeywordsOf(const db::Keywords& base, load::LoadClass& load_class) {
  db::Keywords keywords;
  for (const auto& [name, value] : base) {
    if (name == "dbname" && load_class.database.empty()) load_class.database = value;
    const bool other_user = name == "password" && !load_class.user.empty();  // it is not that user's
    if (name == "user" && load_class.user.empty()) load_class.user = value;
    if (!other_user && name != "application_name") keywords.emplace_back(name, value);
  }
  keywords.emplace_back("dbname", load_class.database);
  keywords.emplace_back("user", load_class.user);
  keywords.emplace_back("application_name",
                        load_class.application_name.empty() ? "pgsteward" : load_class.application_name);
  return keywords;
}

std::unique_ptr<load::Sampler> OpenSampler(const std::string& server) {
  if (server.empty()) return nullptr;
  db::ConnectOptions options;
  options.dbname = server;
  options.prompt = db::ConnectOptions::Password::kNever;
  const db::Connection connection(options, db::PromptForPassword);
  return std::make_unique<load::Sampler>(connection.Settings());
}

// How full the pools were: by PgBouncer's console and by the server, as far as they can be asked.
struct Watchers {
  std::unique_ptr<db::ConsoleSession> console;
  std::unique_ptr<load::PoolerWatch> pooler;
  std::unique_ptr<load::Sampler> sampler;
};

Watchers OpenWatchers(const Arguments& arguments, const db::Endpoint& endpoint) {
  Watchers watchers;
  watchers.sampler = OpenSampler(arguments.load.server);
  db::ConnectOptions options;
  options.host = endpoint.host;
  options.port = endpoint.port;
  options.user = arguments.load.console_user.empty() ? endpoint.user : arguments.load.console_user;
  try {
    watchers.console = std::make_unique<db::ConsoleSession>(options, kConsoleTimeout);
    watchers.pooler = std::make_unique<load::PoolerWatch>(
        [console = watchers.console.get()](const std::string& command) { return console->Query(command); });
  } catch (const db::ConnectionError&) {
    if (!arguments.load.console_user.empty()) throw;
  }
  return watchers;
}

void AddNotes(model::LoadResult& result, const Watchers& watchers) {
  const auto note = [&](const std::string& text) { result.notes.push_back(text); };
  if (result.interrupted) note("interrupted: this is what was measured until then");
  if (watchers.pooler == nullptr && watchers.sampler == nullptr)
    note(
        "how busy the pool is was not measured: PgBouncer's console does not let this user in (--console-user), and "
        "there is no --server");
  if (watchers.pooler != nullptr && !watchers.pooler->problem().empty())
    note("how busy the pool is was not asked of PgBouncer: " + watchers.pooler->problem());
  if (watchers.sampler != nullptr && watchers.sampler->broken())
    note("the direct connection to the server broke: it was not watched to the end");
  if (watchers.sampler != nullptr && watchers.sampler->blind())
    note("what the server is doing was not seen: the role of --server needs pg_read_all_stats");
  if (result.driver_cpu > 0.9 || result.lateness_p99_ms > 10)
    note(fmt::format(
        "this driver was at its limit ({:.2f} cores, requests started up to {:.3g} ms late): times are longer than "
        "clients on other machines would see",
        result.driver_cpu, result.lateness_p99_ms));
}

model::LoadResult Drive(const Arguments& arguments, std::vector<load::LoadClass> classes) {
  const LoadOptions& options = arguments.load;
  db::Keywords base;
  db::Endpoint endpoint;
  {
    const db::Connection connection(arguments.connect, db::PromptForPassword);
    CheckTarget(connection, options.allow_host);
    base = connection.Settings();
    endpoint = connection.endpoint();
  }
  db::InstallInterruptHandler();
  std::vector<db::Keywords> keywords;
  for (load::LoadClass& load_class : classes) keywords.push_back(KeywordsOf(base, load_class));
  const Watchers watchers = OpenWatchers(arguments, endpoint);
  Progress progress;
  load::DriverOptions driver_options;
  driver_options.seed = options.seed.value_or(std::random_device{}());
  driver_options.stop = db::InterruptRequested;
  driver_options.progress = [&](const std::string& phase, std::optional<double> share) { progress.Say(phase, share); };
  driver_options.sampler = watchers.sampler.get();
  driver_options.pooler = watchers.pooler.get();
  load::Driver driver(std::move(classes), std::move(keywords), driver_options);
  driver.Connect();
  model::LoadResult result = driver.Run(options.warmup_s, options.duration_s);
  result.host = endpoint.host;
  result.port = endpoint.port;
  AddNotes(result, watchers);
  return result;
}

}  // namespace

Outcome RunPoolVerify(const Arguments& arguments) {
  std::vector<load::LoadClass> classes = ReadClasses(arguments.load);
  WarnOfPassword(arguments.connect);
  try {
    const model::LoadResult result = Drive(arguments, std::move(classes));
    const bool missed =
        std::any_of(result.classes.begin(), result.classes.end(), [](const auto& one) { return !one.missed.empty(); });
    return {arguments.format == Format::kJson ? report::LoadJson(result) : report::LoadText(result),
            result.interrupted ? kExitFailure
            : missed           ? kExitFinding
                               : kExitOk};
  } catch (const load::PlanError& error) {
    throw UsageError(error.what(), error.hint());
  }
}

}  // namespace steward::cli
