// pgsteward advise prepared and pgsteward snapshot prepared: collect, ask for plans, decide, measure, save, report.
#include <fmt/format.h>

#include <algorithm>

#include "act/prepared_runs.hpp"
#include "act/save_suggestions.hpp"
#include "act/saving_scales.hpp"
#include "advise/prepared/advise_prepared.hpp"
#include "advise/prepared/drivers.hpp"
#include "advise/prepared/pooler.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/pool_current.hpp"
#include "cli/prepared_measure.hpp"
#include "cli/requirements.hpp"
#include "cli/version.hpp"
#include "collect/prepared_workload.hpp"
#include "collect/suggestion_states.hpp"
#include "db/interrupt.hpp"
#include "db/transaction.hpp"
#include "pgbouncer/settings.hpp"
#include "report/prepared_report.hpp"

namespace steward::cli {

namespace {

constexpr std::size_t kLargestFile = std::size_t{256} << 20;
constexpr std::size_t kMostPlanned = 200;

advise::PreparedOptions Options(const Arguments& arguments) {
  advise::PreparedOptions options;
  options.min_calls = arguments.prepared.min_calls;
  return options;
}

// Without it savings are taken to be what the server spends; all else is as well known.
void MeasureScales(db::Database& database, model::PreparedWorkload& workload) {
  auto* const timer = dynamic_cast<db::RunTimer*>(&database);
  if (timer == nullptr) return;
  try {
    act::MeasureSavingScales(database, *timer, workload);
  } catch (const db::InsufficientPrivilege& error) {
    PrintWarning(fmt::format("what clients save is not measured: {}", error.what()),
                 "GRANT EXECUTE ON FUNCTION steward.planning_probes() to this role.");
  }
}

model::PreparedWorkload ReadWorkload(db::Database& database, const Arguments& arguments, Progress& progress) {
  model::PreparedWorkload workload;
  {
    const db::ReadOnlyTransaction transaction(database);
    workload = collect::ReadPreparedWorkload(database);
  }
  const std::vector<std::size_t> places = advise::WorthPlanning(workload, kMostPlanned, Options(arguments));
  collect::ReadPlanChoices(database, places, [&](double share) {
    db::ThrowIfInterrupted();
    progress.Say("planning the statements", share);
  }, workload);
  MeasureScales(database, workload);
  return workload;
}

model::PreparedWorkload FromFile(const Arguments& arguments) {
  return collect::PreparedWorkloadFromJson(ReadInput(arguments.from, kLargestFile));
}

// The mode of the pools of this database; where they differ the one that lets least through.
std::string ModeOf(const pgbouncer::Facts& facts, const std::string& database) {
  std::string mode;
  for (const pgbouncer::Pool& pool : pgbouncer::PoolsOf(facts)) {
    if (pool.dbname != database && pool.database != database && pool.database != "*") continue;
    if (mode.empty() || mode == "session") mode = pool.mode;
  }
  if (mode.empty()) mode = pgbouncer::SettingText(facts, "pool_mode").value_or("session");
  return mode;
}

std::optional<advise::PoolerFacts> PoolerOf(const Arguments& arguments, const std::string& database) {
  const PreparedArguments& prepared = arguments.prepared;
  const bool asked = !arguments.pool.console.empty() || !arguments.pool.ini.empty();
  if (!asked && !prepared.pooler) return std::nullopt;
  advise::PoolerFacts pooler;
  pooler.version = prepared.pooler;
  pooler.mode = prepared.pool_mode.empty() ? "transaction" : prepared.pool_mode;
  if (asked) {
    const pgbouncer::Facts facts = ReadPoolerFacts(arguments);
    if (facts.Version()) pooler.version = facts.Version();
    if (prepared.pool_mode.empty()) pooler.mode = ModeOf(facts, database);
    pooler.max_prepared_statements = pgbouncer::SettingNumber(facts, "max_prepared_statements");
  }
  if (pooler.version) pooler.version_text = pgbouncer::VersionText(*pooler.version);
  return pooler;
}

void AddDrivers(bool on, model::PoolerVerdict pooler, std::vector<std::pair<std::string, std::string>>& drivers) {
  for (const advise::DriverAdvice& one : advise::DriversFor(on, pooler)) drivers.emplace_back(one.driver, one.text);
}

report::PreparedReportContext ContextOf(const Arguments& arguments, const model::PreparedAdvice& advice) {
  report::PreparedReportContext context;
  context.workload_file = arguments.from;
  AddDrivers(true, advice.pooler.verdict, context.drivers_on);
  AddDrivers(false, advice.pooler.verdict, context.drivers_off);
  return context;
}

model::PreparedAdvice Advise(const model::PreparedWorkload& workload, const Arguments& arguments) {
  const auto pooler = advise::JudgePooler(PoolerOf(arguments, workload.server.database));
  return advise::AdvisePrepared(workload, pooler, Options(arguments));
}

// Takes muted suggestions out of what is printed; returns their number.
std::size_t HideMuted(model::PreparedAdvice& advice) {
  const auto muted = [](const model::PreparedSuggestion& row) { return row.mute.has_value(); };
  return std::erase_if(advice.suggestions, muted) + std::erase_if(advice.withheld, muted) + std::erase_if(advice.rejected, muted);
}

std::size_t Limit(std::int64_t limit, std::vector<model::PreparedSuggestion>& rows) {
  const auto shown = static_cast<std::size_t>(limit);
  const std::size_t rest = rows.size() > shown ? rows.size() - shown : 0;
  rows.resize(rows.size() - rest);
  return rest;
}

Outcome Report(const Arguments& arguments, model::PreparedAdvice& advice, report::PreparedReportContext& context) {
  if (arguments.save_if_asked) context.not_saved = "only advice on the server's own statements is, unless --save is given";
  if (arguments.format == Format::kJson) return {report::PreparedJson(advice, context), kExitOk};
  context.not_shown = Limit(arguments.limit, advice.suggestions) + Limit(arguments.limit, advice.withheld);
  return {report::PreparedText(advice, context), kExitOk};
}

void Save(db::Database& database, const Arguments& arguments, const model::PreparedAdvice& advice, report::PreparedReportContext& context) {
  const std::string document = report::PreparedRunDocument(advice, context, kToolVersion);
  const act::Saved saved = act::SaveSuggestions(database, document, arguments.from.empty() && advice.server.standby);
  context.run_id = saved.run_id;
  context.not_saved = saved.reason;
}

}  // namespace

Outcome RunAdvisePrepared(const Arguments& arguments) {
  model::PreparedAdvice advice = Advise(FromFile(arguments), arguments);
  report::PreparedReportContext context = ContextOf(arguments, advice);
  return Report(arguments, advice, context);
}

Outcome RunAdvisePrepared(db::Database& database, const Arguments& arguments) {
  if (arguments.from.empty()) RequireDirectConnection(database);
  RequireExtension(database);
  if (arguments.prepared.measure) {
    const db::ReadOnlyTransaction transaction(database);
    act::RequireMeasuringRole(database);
  }
  Progress progress;
  const model::PreparedWorkload workload =
      WithAdviceOnRights([&] { return arguments.from.empty() ? ReadWorkload(database, arguments, progress) : FromFile(arguments); });
  if (!arguments.from.empty() && workload.server.database != database.endpoint().database)
    throw UsageError("the workload file is of another database than the connection", "Name the file's database with -d.");
  model::PreparedAdvice advice = Advise(workload, arguments);
  WithAdviceOnRights([&] {
    const db::ReadOnlyTransaction transaction(database);
    collect::MarkStates(database, advice);
  });
  if (arguments.prepared.measure) MeasurePrepared(database, arguments, progress, advice);
  report::PreparedReportContext context = ContextOf(arguments, advice);
  if (arguments.save) Save(database, arguments, advice, context);
  if (!arguments.show_muted) context.muted = HideMuted(advice);
  progress.Clear();
  return Report(arguments, advice, context);
}

Outcome RunSnapshotPrepared(db::Database& database) {
  RequireDirectConnection(database);
  RequireExtension(database);
  Progress progress;
  const model::PreparedWorkload workload = WithAdviceOnRights([&] { return ReadWorkload(database, Arguments{}, progress); });
  return {collect::PreparedWorkloadToJson(workload), kExitOk};
}

}  // namespace steward::cli
