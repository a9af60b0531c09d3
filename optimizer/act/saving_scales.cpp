// See saving_scales.hpp.
#include "act/saving_scales.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "act/median.hpp"
#include "act/prepared_runs.hpp"
#include "db/statement_tag.hpp"
#include "db/transaction.hpp"

namespace steward::act {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kProbes = 2;
constexpr int kMostBlocks = 40;
constexpr int kRepeats = 10;  // in a row, as a session that does little else
constexpr std::chrono::milliseconds kEnough{500};
constexpr std::size_t kFewestBlocks = 5;  // fewer do not show how they scatter
constexpr double kClear = 3;              // standard errors

struct Probe {
  std::string name;
  std::string text;  // with its value
  std::string value;
  std::vector<double> parse_times;  // one a block, of the server
  std::vector<double> plan_times;
  std::vector<double> parse_saved;  // one a block, at the client: against plans for the value
  std::vector<double> plan_saved;   // of the generic plan against these
};

db::Result Ask(db::Database& database) {
  return database.Query("SELECT query, value::text AS value, parse_time, plan_time FROM steward.planning_probes()");
}

std::vector<Probe> Prepare(db::Database& database) {
  std::vector<Probe> probes;
  for (const db::Row row : Ask(database)) {
    Probe probe;
    probe.name = "pgsteward_probe" + std::to_string(probes.size());
    probe.value = row.Text("value");
    probe.text = db::TagStatements(WithValues(row.Text("query"), {"oid"}, {probe.value}));
    database.Execute("PREPARE " + probe.name + " (oid) AS " + row.Text("query"));
    probes.push_back(std::move(probe));
  }
  return probes;
}

template <typename Run>
double TypicalOf(const Run& run) {
  std::vector<double> times;
  run();  // finds the caches as the other way left them
  for (int i = 0; i < kRepeats; ++i) times.push_back(run());
  return Median(times);
}

// 1.253 standard deviations over the root of the number, and a standard deviation is 1.483 median deviations: both for normal errors.
Saving SavingOf(std::vector<double>& times) {
  const double median = Median(times);
  if (times.size() < kFewestBlocks) return {median, std::numeric_limits<double>::infinity()};
  std::vector<double> deviations;
  for (const double time : times) deviations.push_back(std::abs(time - median));
  return {median, 1.253 * 1.483 * Median(deviations) / std::sqrt(static_cast<double>(times.size()))};
}

void RunBlock(db::Database& database, db::RunTimer& timer, std::vector<Probe>& probes) {
  std::size_t next = 0;
  for (const db::Row row : Ask(database)) {
    if (next == probes.size()) break;
    probes[next].parse_times.push_back(row.Double("parse_time"));
    probes[next++].plan_times.push_back(row.Double("plan_time"));
  }
  for (Probe& probe : probes) {
    const auto prepared = [&] { return timer.TimePrepared(probe.name, {probe.value}); };
    const double simple = TypicalOf([&] { return timer.TimeText(probe.text); });
    database.Execute("SET LOCAL plan_cache_mode = force_custom_plan");
    const double custom = TypicalOf(prepared);
    database.Execute("SET LOCAL plan_cache_mode = force_generic_plan");
    const double generic = TypicalOf(prepared);
    probe.parse_saved.push_back(simple - custom);
    probe.plan_saved.push_back(custom - generic);
  }
}

}  // namespace

model::SavingScale ScaleThrough(const double (&times)[2], const Saving (&saved)[2]) {
  const double rise = saved[1].median - saved[0].median;
  if (times[1] <= times[0] || saved[1].median <= 0 || rise <= kClear * std::hypot(saved[0].error, saved[1].error)) return {};
  const double factor = rise / (times[1] - times[0]);
  const double base = saved[0].median - factor * times[0];
  return base >= 0 ? model::SavingScale{base, factor} : model::SavingScale{0, saved[1].median / times[1]};
}

void MeasureSavingScales(db::Database& database, db::RunTimer& timer, model::PreparedWorkload& workload) {
  const db::ReadOnlyTransaction transaction(database);
  std::vector<Probe> probes = Prepare(database);
  const auto end = Clock::now() + kEnough;
  for (int block = 0; block < kMostBlocks && (block == 0 || Clock::now() < end); ++block) RunBlock(database, timer, probes);
  for (const Probe& probe : probes) database.Execute("DEALLOCATE " + probe.name);
  if (probes.size() != kProbes) return;
  const auto scale = [&](std::vector<double> Probe::*times, std::vector<double> Probe::*saved) {
    return ScaleThrough({Median(probes[0].*times), Median(probes[1].*times)}, {SavingOf(probes[0].*saved), SavingOf(probes[1].*saved)});
  };
  workload.parse_scale = scale(&Probe::parse_times, &Probe::parse_saved);
  workload.plan_scale = scale(&Probe::plan_times, &Probe::plan_saved);
}

}  // namespace steward::act
