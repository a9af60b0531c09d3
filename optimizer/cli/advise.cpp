// pgsteward advise indexes and pgsteward snapshot: collect, select, save, report.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <utility>

#include "act/save_suggestions.hpp"
#include "advise/index/advise_indexes.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/requirements.hpp"
#include "cli/verify.hpp"
#include "cli/version.hpp"
#include "collect/hypopg_workload.hpp"
#include "collect/read_workload.hpp"
#include "collect/suggestion_states.hpp"
#include "collect/workload_json.hpp"
#include "db/error.hpp"
#include "db/interrupt.hpp"
#include "db/transaction.hpp"
#include "report/group_warnings.hpp"
#include "report/index_report.hpp"
#include "whatif/hypopg_oracle.hpp"
#include "whatif/server_oracle.hpp"

namespace steward::cli {

namespace {

constexpr std::size_t kLargestWorkloadFile = std::size_t{512} << 20;

// Whoever looks at an empty database with psql leaves statements on the catalog; they are not what is waited for.
bool ReadsOwnTables(const model::Workload& workload) {
  return std::any_of(workload.predicates.begin(), workload.predicates.end(), [&](const model::Predicate& predicate) {
    const model::Table* table = workload.FindTable(predicate.relid);
    return table != nullptr && !table->catalog;
  });
}

// The grant without which a role sees the texts, plans and predicates of its own statements only; empty when it has it.
std::string MissingGrant(db::Database& database) {
  const db::Result result = database.Query(
      "SELECT quote_ident(current_user) AS role, pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS granted");
  return result.Only().Bool("granted") ? "" : "GRANT pg_read_all_stats TO " + result.Only().Text("role") + ";";
}

struct Collected {
  model::Workload workload;
  std::string missing_grant;
  std::optional<db::PlanningFacts> planning = std::nullopt;  // where the client plans
};

Collected Collect(db::Database& database) {
  const db::ReadOnlyTransaction transaction(database);
  model::Workload workload = collect::ReadWorkload(database);
  const std::string grant = MissingGrant(database);
  if (!ReadsOwnTables(workload) && !grant.empty())
    throw db::InsufficientPrivilege(
        {fmt::format("this role sees no statements on the tables of database \"{}\" but those that it ran itself",
                     workload.server.database),
         "It ran none there.", "As a superuser: " + grant, ""});
  if (!ReadsOwnTables(workload))
    throw db::Error(
        {fmt::format("nothing has been captured yet on the tables of database \"{}\"", workload.server.database), "",
         "Let the application run for a while, then ask again. pgsteward doctor says whether statements "
         "are captured.",
         ""});
  return {std::move(workload), grant};
}

std::int64_t NotCosted(const model::Workload& workload, const std::string& reason) {
  return std::count_if(workload.statements.begin(), workload.statements.end(),
                       [&](const model::Statement& statement) { return statement.not_costable == reason; });
}

// Without pg_steward; see hypopg_workload.hpp.
Collected CollectHypopg(db::Database& database, const collect::HypopgSource& source, Progress& progress) {
  Collected collected;
  {
    const db::ReadOnlyTransaction transaction(database);
    collected.missing_grant = MissingGrant(database);
    collected.planning.emplace(database, source.hypopg_schema + ".hypopg_reset");
  }
  collected.workload = collect::ReadHypopgWorkload(database, source, *collected.planning, [&](double share) {
    db::ThrowIfInterrupted();
    progress.Say("planning the statements", share);
  });
  if (ReadsOwnTables(collected.workload)) return collected;
  const std::int64_t forbidden = NotCosted(collected.workload, collect::kNoRight);
  if (!collected.missing_grant.empty() || forbidden > 0)
    throw db::InsufficientPrivilege(
        {fmt::format("this role can plan no statement on the tables of database \"{}\"", database.endpoint().database),
         fmt::format("It has no right to the tables of {} of {} statements.", forbidden, collected.workload.statements.size()),
         forbidden > 0 ? "As a superuser: GRANT pg_read_all_data TO the role; it can read every row then."
                       : "As a superuser: " + collected.missing_grant,
         "42501"});
  throw db::Error({fmt::format("pg_stat_statements has no statement yet on the tables of database \"{}\" that can be planned",
                               database.endpoint().database),
                   "", "Let the application run for a while, then ask again.", ""});
}

model::Workload Load(const Arguments& arguments, const db::Database& database) {
  model::Workload workload = collect::WorkloadFromJson(ReadInput(arguments.from, kLargestWorkloadFile));
  if (workload.server.database != database.endpoint().database)
    throw UsageError("the workload file is of another database than the connection",
                     "What-if plans the captured statements on the server they were captured on; name the file's "
                     "database with -d.");
  return workload;
}

void AddStandbys(const Arguments& arguments, model::Workload& workload) {
  std::set<std::string> names;
  for (const std::string& file : arguments.standbys) {
    const model::Workload standby = collect::WorkloadFromJson(ReadInput(file, kLargestWorkloadFile));
    if (!standby.server.standby || standby.server.database != workload.server.database)
      throw UsageError("a file given with --standby was not taken on a standby of this database",
                       "Take it there: pgsteward snapshot -h STANDBY -d DATABASE -o FILENAME");
    collect::AddStandby(standby, workload);
    if (!names.insert(workload.seen_standbys.back().name).second)
      throw UsageError("two files given with --standby are of the same standby", "Give the newer one only.");
  }
}

void RequireSchemas(const model::Workload& workload, const std::vector<std::string>& schemas) {
  for (const std::string& schema : schemas)
    if (std::none_of(workload.tables.begin(), workload.tables.end(),
                     [&](const model::Table& table) { return table.schema == schema; }))
      throw UsageError(
          fmt::format("there is no table in a schema \"{}\" of database \"{}\"", schema, workload.server.database),
          "Give the schema's name as the catalog has it, without quotes.");
}

advise::IndexOptions Options(const Arguments& arguments, Progress& progress) {
  advise::IndexOptions options;
  options.budget = arguments.budget;
  options.min_share = arguments.min_gain_percent / 100;
  options.quick = arguments.quick;
  if (arguments.weigh_calls) options.weight = advise::Weight::kCalls;
  options.progress = [&progress](const std::string& phase, double share) {
    db::ThrowIfInterrupted();
    progress.Say(phase, share);
  };
  return options;
}

// Marked before the run is saved, which would make all of them known.
void MarkStates(db::Database& database, model::IndexAdvice& advice) {
  const db::ReadOnlyTransaction transaction(database);
  collect::MarkStates(database, advice);
}

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::unique_ptr<model::CostOracle> MakeOracle(db::Database& database, const std::optional<collect::HypopgSource>& source,
                                              Collected& collected) {
  if (!source) return std::make_unique<whatif::ServerOracle>(database);
  return std::make_unique<whatif::HypopgOracle>(database, source->hypopg_schema, collected.workload, *collected.planning,
                                                Seconds);
}

void WarnOfRights(const Collected& collected, model::IndexAdvice& advice) {
  if (!collected.missing_grant.empty())
    advice.warnings.push_back(
        "the statements of other roles are not visible to this one, and the advice is without them: " +
        collected.missing_grant);
  if (const std::int64_t forbidden = NotCosted(collected.workload, collect::kNoRight); forbidden > 0)
    advice.warnings.push_back(fmt::format(
        "{} statements are not costed: to plan one, this role needs the rights that running it takes", forbidden));
}

model::IndexAdvice Analyse(db::Database& database, const Arguments& arguments,
                           const std::optional<collect::HypopgSource>& source) {
  RequireVerifiable(database, arguments);
  Progress progress;
  progress.Say("reading the workload");
  Collected collected = source                   ? CollectHypopg(database, *source, progress)
                        : arguments.from.empty() ? Collect(database)
                                                 : Collected{Load(arguments, database), ""};
  model::Workload& workload = collected.workload;
  AddStandbys(arguments, workload);
  RequireSchemas(workload, arguments.schemas);
  collect::KeepSchemas(workload, arguments.schemas, arguments.excluded_schemas);
  const std::unique_ptr<model::CostOracle> oracle = MakeOracle(database, source, collected);
  const auto advise_without = [&](const std::set<std::string>& excluded) {
    advise::IndexOptions options = Options(arguments, progress);
    options.excluded = excluded;
    model::IndexAdvice advice = advise::AdviseIndexes(workload, *oracle, options);
    if (!source) MarkStates(database, advice);
    return advice;
  };
  model::IndexAdvice advice = advise_without({});
  Verify(database, arguments, workload, progress, advise_without, advice);
  WarnOfRights(collected, advice);
  advice.warnings = report::GroupWarnings(advice.warnings);
  return advice;
}

// Takes muted suggestions out of what is printed; returns their number.
std::size_t HideMuted(model::IndexAdvice& advice) {
  for (const model::IndexSuggestion& suggestion : advice.suggestions)
    if (suggestion.mute) advice.size -= suggestion.size;
  const auto muted = [](const auto& suggestion) { return suggestion.mute.has_value(); };
  return std::erase_if(advice.suggestions, muted) + std::erase_if(advice.unneeded, muted) +
         std::erase_if(advice.foreign_keys, muted) + std::erase_if(advice.statistics, muted);
}

// Everything that can be advised stays in the saved run; what is printed is cut.
std::size_t Limit(model::IndexAdvice& advice, std::int64_t limit) {
  const auto shown = static_cast<std::size_t>(limit);
  if (advice.suggestions.size() <= shown) return 0;
  const std::size_t rest = advice.suggestions.size() - shown;
  advice.suggestions.resize(shown);
  return rest;
}

}  // namespace

Outcome RunAdvise(db::Database& database, const Arguments& arguments) {
  RequireDirectConnection(database);
  const std::optional<collect::HypopgSource> source = ChooseSource(database, arguments);
  model::IndexAdvice advice = WithAdviceOnRights([&] { return Analyse(database, arguments, source); });
  report::IndexReportContext context;
  context.workload_file = arguments.from;
  if (arguments.save && source) {
    context.not_saved = "there is nowhere to without the extension pg_steward";
  } else if (arguments.save) {
    const std::string document = report::RunDocument(
        advice, {arguments.budget, arguments.limit, arguments.weigh_calls ? "calls" : "time", arguments.from,
                 arguments.min_gain_percent},
        kToolVersion);
    const act::Saved saved = act::SaveSuggestions(database, document, advice.server.standby);
    context.run_id = saved.run_id;
    context.not_saved = saved.reason;
  }
  if (arguments.save_if_asked)
    context.not_saved = "only advice on the whole database from its own workload is, unless --save is given";
  if (!arguments.show_muted) context.muted = HideMuted(advice);
  context.not_shown = Limit(advice, arguments.limit);
  switch (arguments.format) {
    case Format::kJson:
      return {report::IndexJson(advice, context), kExitOk};
    case Format::kSql:
      return {report::IndexSql(advice, context), kExitOk};
    default:
      return {report::IndexText(advice, context), kExitOk};
  }
}

// Reads only, in one transaction: safe through a pooler.
Outcome RunSnapshot(db::Database& database) {
  RequireExtension(database);
  const Collected collected = WithAdviceOnRights([&] { return Collect(database); });
  if (!collected.missing_grant.empty())
    PrintWarning("the statements of other roles are not visible to this one, and the snapshot is without them",
                 "As a superuser: " + collected.missing_grant);
  return {collect::WorkloadToJson(collected.workload), kExitOk};
}

}  // namespace steward::cli
