// Advice on pools as text for people. Declared in pool_report.hpp.
#include <fmt/format.h>

#include <algorithm>

#include "report/advice_header.hpp"
#include "report/instants.hpp"
#include "report/pool_report.hpp"
#include "report/terminal_text.hpp"

namespace steward::report {

namespace {

using model::AdvisedPool;
using model::PoolAdvice;
using model::PoolSetting;

std::string Ratio(double share) {
  return fmt::format("{:.3g} %", 100 * share);
}

std::string Cores(int cores) {
  return fmt::format("{} core{}", cores, cores == 1 ? "" : "s");
}

std::string Header(const PoolAdvice& advice, const PoolReportContext& context) {
  const model::ServerInfo& server = advice.server;
  std::string text = ServerLine(server, context.run_id);
  if (!context.workload_file.empty()) text += HeaderLine("workload", "from file " + context.workload_file);
  double rate = 0;
  std::size_t classes = 0;
  for (const AdvisedPool& pool : advice.pools)
    for (const model::PoolMember& member : pool.members) rate += member.rate, ++classes;
  text += HeaderLine("workload", fmt::format("{} to {} ({}{}), {} class{}, {} transactions/s", ShortInstant(server.window_start),
                                       ShortInstant(server.window_end), Span(advice.seconds),
                                       advice.since_reset ? ", since the last reset" : "", classes, classes == 1 ? "" : "es",
                                       Grouped(rate, rate < 100 ? 1 : 0)));
  std::string machine = advice.host.cores > 0 ? Cores(advice.host.cores) : "cores not known, taken for 1";
  if (advice.host.memory > 0) machine += ", " + Size(advice.host.memory);
  machine += " (" + advice.host.source + ")";
  if (advice.host.clients_local) machine += "; clients or pooler on the same machine";
  return text + HeaderLine("machine", machine);
}

std::string DemandLine(const model::PoolDemand& demand) {
  std::string text;
  if (demand.users)
    text = fmt::format("{} users, {} between their transactions", Grouped(*demand.users), Duration(demand.think_time));
  else if (demand.rate)
    text = fmt::format("{} transactions/s", Grouped(*demand.rate));
  else
    text = demand.growth == 1 ? "what was measured" : fmt::format("{:.3g} times what was measured", demand.growth);
  return HeaderLine("demand", text + fmt::format(": P95 under {}, timeouts under {}", Duration(demand.slo_p95), Ratio(demand.slo_timeouts)));
}

std::string CauseWord(model::PoolCause cause) {
  constexpr const char* kWords[] = {"not known", "CPU-bound", "hold-bound", "lock-bound", "mixed"};
  return kWords[static_cast<int>(cause)];
}

std::string FeasibilityText(const PoolAdvice& advice) {
  const model::PoolFeasibility& judged = advice.feasibility;
  constexpr double kNoRoom = 0.8;
  if (judged.feasible)
    return HeaderLine("feasible", fmt::format("yes, at the sizes below; {} of the cores are asked for{}", Ratio(judged.cpu_utilization),
                                        judged.cpu_utilization > kNoRoom ? ", which leaves no room to grow" : ""));
  std::string text = HeaderLine("feasible", "NO, at no size: " + judged.why);
  std::string most;
  if (judged.most_users) most = fmt::format("{} users", Grouped(*judged.most_users));
  if (judged.most_rate && *judged.most_rate > 0)
    most += fmt::format("{}{} transactions/s", most.empty() ? "" : ", which is ", Grouped(*judged.most_rate, *judged.most_rate < 100 ? 1 : 0));
  if (!most.empty()) text += HeaderLine("", "at most " + most + " can be served as promised");
  for (const std::string& help : judged.helps) text += HeaderLine("helps", help);
  return text;
}

std::string Table(const PoolAdvice& advice) {
  std::string text = fmt::format("\n{:<6} {:>5} {:>5} {:>8} {:>9} {:>11} {:>10} {:>13} {:>7} {:>9} {:>8}\n", "pool", "size", "min", "reserve",
                                 "app pool", "served/s", "wait P95", "response P95", "used", "timeouts", "memory");
  for (const AdvisedPool& pool : advice.pools) {
    const model::PoolPrediction& predicted = pool.predicted;
    text += fmt::format("{:<6} {:>5} {:>5} {:>8} {:>9} {:>11} {:>10} {:>13} {:>7} {:>9} {:>8}\n", pool.name, pool.size, pool.min_size,
                        pool.reserve, pool.application_pool, Grouped(predicted.throughput, predicted.throughput < 100 ? 1 : 0),
                        Duration(predicted.wait_p95), Duration(predicted.response_p95), Ratio(predicted.utilization),
                        Ratio(predicted.timeout_ratio), Size(pool.memory));
  }
  return text + "predicted, not measured: pgsteward pool verify measures it under load\n";
}

std::string PoolBlock(const AdvisedPool& pool) {
  std::string text = "\n" + HeaderLine(pool.name, CauseWord(pool.cause));
  for (const model::PoolMember& member : pool.members)
    text += HeaderLine("", fmt::format("{}  {}/s, holds {} (P95 {}): {}", member.name, Grouped(member.rate, member.rate < 100 ? 1 : 0),
                                 Duration(member.hold_time), Duration(member.hold_time_p95), member.why));
  for (const std::string& note : pool.notes) text += HeaderLine("", fmt::format("{} connection{}: {}", pool.size, pool.size == 1 ? "" : "s", note));
  return text;
}

std::string SettingText(const PoolSetting& row) {
  std::string value = fmt::format("{} = {}", row.setting, row.suggested);
  const bool right = row.current == row.suggested;
  if (right) return fmt::format("  {}  {}\n", row.id, Printable(value + "  (as it is)"));
  if (!row.current.empty()) value += fmt::format("  (now {})", row.current);
  std::string text = fmt::format("  {}  {}\n", row.id, Printable(value));
  text += fmt::format("          {}\n", Wrap(Printable(row.reason), 10));
  for (const std::string& caveat : row.caveats) text += fmt::format("          {}\n", Wrap("note: " + Printable(caveat), 10));
  if (!row.ddl.empty()) text += fmt::format("          {}\n", Wrap(Printable(row.ddl), 10));
  if (row.mute) text += fmt::format("          muted by {}\n", Printable(row.mute->by));
  return text;
}

std::string SettingsText(const PoolAdvice& advice) {
  std::string text;
  std::string heading;
  for (const PoolSetting& row : advice.settings) {
    const std::string wanted = (row.pool.empty() ? "all pools" : row.pool) + ", " + row.component;
    if (wanted != heading) text += "\n" + wanted + "\n";
    heading = wanted;
    text += SettingText(row);
  }
  return text;
}

}  // namespace

std::string PoolText(const PoolAdvice& advice, const PoolReportContext& context) {
  std::string text = Header(advice, context) + DemandLine(advice.demand);
  for (const std::string& missing : advice.missing) text += HeaderLine("missing", missing);
  for (const std::string& warning : advice.warnings) text += HeaderLine("warning", warning);
  if (advice.pools.empty()) return text + "\nno advice: there is nothing to size\n";
  text += "\n" + HeaderLine("cause", CauseWord(advice.cause) + ": " + advice.diagnosis) + FeasibilityText(advice) + Table(advice);
  for (const AdvisedPool& pool : advice.pools) text += PoolBlock(pool);
  text += SettingsText(advice);
  if (context.muted > 0) text += fmt::format("\nmuted: {} (--show-muted)\n", context.muted);
  text += "\n";
  if (context.run_id) text += fmt::format("saved as run {} (steward.pool_suggestions)\n", *context.run_id);
  if (!context.not_saved.empty()) text += "not saved: " + Printable(context.not_saved) + "\n";
  return text;
}

}  // namespace steward::report
