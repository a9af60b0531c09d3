// The text form of a load. Declared in load_report.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/load_report.hpp"
#include "report/terminal_text.hpp"

namespace steward::report {

namespace {

// Three digits that count: 0.213, 4.12, 87.3, 1,202.
std::string Milliseconds(double ms) {
  return Grouped(ms, ms < 1 ? 3 : ms < 10 ? 2 : ms < 100 ? 1 : 0);
}

std::string Rate(double rate) {
  return Grouped(rate, rate < 100 ? 1 : 0);
}

std::string Percent(double ratio) {
  return fmt::format("{:.1f} %", 100 * ratio);
}

std::string Who(const model::LoadClassResult& one) {
  const std::string clients =
      one.users > 0 ? fmt::format("{} users, mean think time {}", Grouped(one.users), Duration(one.think_time_ms))
                    : fmt::format("{} requests a second", Rate(one.rate));
  const std::string connections =
      one.connections == one.users ? "a connection each" : fmt::format("{} connections", Grouped(one.connections));
  return fmt::format("{}, {}", clients, connections);
}

std::string TimesLine(const char* what, const model::LoadTimes& times) {
  if (times.count == 0) return "";
  const char* more = times.at_least ? ">" : "";
  return fmt::format("  {:<24}{:>10}{:>10}{:>10}{:>10}\n", what, more + Milliseconds(times.p50_ms),
                     more + Milliseconds(times.p95_ms), more + Milliseconds(times.p99_ms), Milliseconds(times.max_ms));
}

std::string Ends(const model::LoadClassResult& one) {
  std::string text = fmt::format("  of {} requests {} succeeded", Grouped(static_cast<double>(one.requests)),
                                 Grouped(static_cast<double>(one.succeeded)));
  const auto add = [&](std::uint64_t count, const char* what) {
    if (count > 0) text += fmt::format(", {} {}", Grouped(static_cast<double>(count)), what);
  };
  add(one.acquire_timeouts, "acquire timeouts");
  add(one.query_timeouts, "query timeouts");
  add(one.failed, "errors");
  add(one.unfinished, "had not ended");
  text += "\n";
  if (one.connections_lost + one.connection_failures > 0)
    text += fmt::format("  connections: {} lost, {} attempts to open one failed\n",
                        Grouped(static_cast<double>(one.connections_lost)),
                        Grouped(static_cast<double>(one.connection_failures)));
  for (const model::LoadErrors& error : one.errors)
    text += fmt::format("  {:>9}  {}{}\n", Grouped(static_cast<double>(error.count)),
                        error.sqlstate.empty() ? "" : error.sqlstate + "  ", Excerpt(error.message, 90));
  return text;
}

std::string Pool(const model::LoadClassResult& one) {
  if (!one.pool) return "";
  const model::PoolUse& pool = *one.pool;
  return fmt::format("  pool: {} of {} server connections busy on average{}: utilization {}\n", Rate(pool.mean_busy),
                     pool.size.value_or(pool.connections),
                     pool.max_busy ? fmt::format(", {} at most", *pool.max_busy) : "", Percent(pool.utilization()));
}

std::string Class(const model::LoadClassResult& one) {
  std::string text = fmt::format("\nclass {}   {}\n", Printable(one.name), Who(one));
  text += fmt::format("  offered {} a second, served {} a second", Rate(one.offered), Rate(one.throughput));
  if (std::isfinite(one.throughput_high))
    text += fmt::format(" [{} to {}]", Rate(one.throughput_low), Rate(one.throughput_high));
  text += fmt::format("\n  {:<24}{:>10}{:>10}{:>10}{:>10}\n", "milliseconds", "P50", "P95", "P99", "max");
  text += TimesLine("response", one.response);
  if (one.connections != one.users) text += TimesLine("  wait for a connection", one.acquire);
  text += TimesLine("  pooler and server", one.service);
  text += Ends(one) + Pool(one);
  if (one.missed.empty() && one.undecided.empty())
    return text + fmt::format("  kept: P95 below {}, timeouts below {}, errors below {}{}\n", Duration(one.slo.p95_ms),
                              Percent(one.slo.timeout_ratio), Percent(one.slo.error_ratio),
                              one.pool ? ", utilization below " + Percent(one.slo.utilization) : "");
  for (const std::string& missed : one.missed) text += fmt::format("  MISSED: {}\n", missed);
  for (const std::string& open : one.undecided) text += fmt::format("  NOT DECIDED: {}\n", open);
  return text;
}

}  // namespace

std::string LoadText(const model::LoadResult& result) {
  std::string text =
      fmt::format("load on {}:{}   {:.4g} s measured after {:.4g} s of warm-up, seed {}\n", Printable(result.host),
                  Printable(result.port), result.duration_s, result.warmup_s, result.seed);
  text += fmt::format("{} connections in {:.2f} s", Grouped(result.connections), result.connect_s);
  if (result.connect_retries > 0)
    text += fmt::format(", {} attempts repeated", Grouped(static_cast<double>(result.connect_retries)));
  text += fmt::format("\nCPU: machine {:.0f} % of {} cores", 100 * result.machine_cpu, result.cores);
  if (result.pooler_cpu) text += fmt::format(", pooler {:.2f} cores", *result.pooler_cpu);
  if (result.pooler_memory) text += fmt::format(" and {}", Size(*result.pooler_memory));
  if (result.server_cpu) text += fmt::format(", server {:.2f} cores", *result.server_cpu);
  text += fmt::format(", this driver {:.2f} cores", result.driver_cpu);
  text += result.foreign_cpu ? fmt::format(", others {:.2f} cores\n", *result.foreign_cpu) : "\n";
  for (const model::LoadClassResult& one : result.classes) text += Class(one);
  if (!result.notes.empty()) text += "\n";
  for (const std::string& note : result.notes) text += Wrap("note: " + note, 6) + "\n";
  return text;
}

}  // namespace steward::report
