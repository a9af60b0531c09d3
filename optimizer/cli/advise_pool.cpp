// pgsteward advise pool and pgsteward snapshot pool. Reading is one transaction (two with --for): safe through a pooler.
#include <algorithm>
#include <chrono>
#include <thread>

#include "act/save_suggestions.hpp"
#include "advise/pool/advise_pool.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/pool_current.hpp"
#include "cli/requirements.hpp"
#include "cli/version.hpp"
#include "collect/pool_workload.hpp"
#include "collect/suggestion_states.hpp"
#include "db/error.hpp"
#include "db/interrupt.hpp"
#include "db/transaction.hpp"
#include "report/pool_report.hpp"

namespace steward::cli {

namespace {

constexpr std::size_t kLargestFile = std::size_t{64} << 20;

collect::PoolReading ReadOnce(db::Database& database, const PoolAdviceArguments& pool) {
  const db::ReadOnlyTransaction transaction(database);
  return collect::ReadPoolWorkload(database, {pool.cores, pool.memory});
}

void Wait(double seconds) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kStep{100};
  Progress progress;
  const auto began = Clock::now();
  for (;;) {
    db::ThrowIfInterrupted();
    const double passed = std::chrono::duration<double>(Clock::now() - began).count();
    if (passed >= seconds) return;
    progress.Say("measuring", passed / seconds);
    std::this_thread::sleep_for(std::min<std::chrono::duration<double>>(kStep, std::chrono::duration<double>(seconds - passed)));
  }
}

model::PoolWorkload ReadWorkload(db::Database& database, const PoolAdviceArguments& pool) {
  collect::PoolReading reading = ReadOnce(database, pool);
  if (pool.for_seconds <= 0) return reading.workload;
  Wait(pool.for_seconds);
  return collect::Between(reading, ReadOnce(database, pool));
}

void RequireTransactions(const model::PoolWorkload& workload) {
  const bool any = std::any_of(workload.classes.begin(), workload.classes.end(), [&](const model::PoolClass& one) {
    return one.database == workload.server.database && one.transactions > 0;
  });
  if (any) return;
  throw db::Error({"no transaction of database \"" + workload.server.database + "\" was captured" +
                       (workload.since_reset ? " yet" : " in that time"),
                   "", "Let the application run meanwhile. pgsteward doctor says whether statements are captured.", ""});
}

model::PoolWorkload FromFile(const Arguments& arguments) {
  model::PoolWorkload workload = collect::PoolWorkloadFromJson(ReadInput(arguments.from, kLargestFile));
  if (arguments.pool_advice.cores) workload.host.cores = *arguments.pool_advice.cores;
  if (arguments.pool_advice.memory) workload.host.memory = *arguments.pool_advice.memory;
  return workload;
}

model::PoolAdvice Advise(model::PoolWorkload workload, const Arguments& arguments) {
  RequireTransactions(workload);
  const pgbouncer::Facts facts = ReadPoolerFacts(arguments);
  model::PoolDemand demand = arguments.pool_advice.demand;
  AddPoolerFacts(facts, arguments.pool_advice, workload, demand);
  model::PoolAdvice advice = advise::AdvisePool(workload, demand);
  FillCurrent(facts, advice);
  return advice;
}

std::size_t HideMuted(model::PoolAdvice& advice) {
  return std::erase_if(advice.settings, [](const model::PoolSetting& row) { return row.mute.has_value(); });
}

Outcome Report(const Arguments& arguments, const model::PoolAdvice& advice, report::PoolReportContext context) {
  context.workload_file = arguments.from;
  if (arguments.save_if_asked) context.not_saved = "only advice on the server's own workload is, unless --save is given";
  const bool json = arguments.format == Format::kJson;
  return {json ? report::PoolJson(advice, context) : report::PoolText(advice, context), kExitOk};
}

}  // namespace

Outcome RunAdvisePool(const Arguments& arguments) {
  return Report(arguments, Advise(FromFile(arguments), arguments), {});
}

Outcome RunAdvisePool(db::Database& database, const Arguments& arguments) {
  RequireExtension(database);
  const model::PoolWorkload workload =
      WithAdviceOnRights([&] { return arguments.from.empty() ? ReadWorkload(database, arguments.pool_advice) : FromFile(arguments); });
  if (!arguments.from.empty() && workload.server.database != database.endpoint().database)
    throw UsageError("the workload file is of another database than the connection", "Name the file's database with -d.");
  model::PoolAdvice advice = Advise(workload, arguments);
  WithAdviceOnRights([&] {
    const db::ReadOnlyTransaction transaction(database);
    collect::MarkStates(database, advice);
  });
  report::PoolReportContext context;
  if (arguments.save) {
    const std::string document = report::PoolRunDocument(advice, arguments.from, kToolVersion);
    const act::Saved saved = act::SaveSuggestions(database, document, arguments.from.empty() && workload.server.standby);
    context.run_id = saved.run_id;
    context.not_saved = saved.reason;
  }
  if (!arguments.show_muted) context.muted = HideMuted(advice);
  return Report(arguments, advice, context);
}

Outcome RunSnapshotPool(db::Database& database, const Arguments& arguments) {
  RequireExtension(database);
  const model::PoolWorkload workload = WithAdviceOnRights([&] { return ReadWorkload(database, arguments.pool_advice); });
  return {collect::PoolWorkloadToJson(workload), kExitOk};
}

}  // namespace steward::cli
