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

constexpr int kMostBlocks = 40;
constexpr int kRepeats = 10;  // in a row, as a session that does little else
constexpr std::chrono::milliseconds kEnough{1000};
constexpr std::size_t kFewestBlocks = 5;  // fewer do not show how they scatter
constexpr double kLeastError = 0.0001;    // ms, of times that seem not to scatter

// What is thought of a scale before it is measured: as it stands, and how far off that was found to be, as standard deviations.
constexpr double kBaseSpread = 0.01;  // ms
constexpr double kFactorSpread = 0.5;
// What is saved of one statement is as far off from what is of another whose planning takes as long, as a share.
constexpr double kStatementSpread = 0.15;

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

// The error is 1.253 standard deviations over the root of the number, one of which is 1.483 median deviations: both for normal errors.
ProbedSaving SavingOf(std::vector<double>& times, std::vector<double>& saved) {
  const double median = Median(saved);
  if (saved.size() < kFewestBlocks) return {Median(times), median, std::numeric_limits<double>::infinity()};
  std::vector<double> deviations;
  for (const double value : saved) deviations.push_back(std::abs(value - median));
  return {Median(times), median, 1.253 * 1.483 * Median(deviations) / std::sqrt(static_cast<double>(saved.size()))};
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

// Least squares of a line through the probes and what is thought of it before, each in its standard errors.
model::SavingScale ScaleThrough(const std::vector<ProbedSaving>& probes) {
  double one = 1 / (kBaseSpread * kBaseSpread);
  double tt = 1 / (kFactorSpread * kFactorSpread);
  double t = 0, s = 0, ts = tt;
  for (const ProbedSaving& probe : probes) {
    const double spread = kStatementSpread * probe.saved;
    const double weight = 1 / (probe.error * probe.error + spread * spread + kLeastError * kLeastError);
    one += weight;
    t += weight * probe.time;
    tt += weight * probe.time * probe.time;
    s += weight * probe.saved;
    ts += weight * probe.time * probe.saved;
  }
  const double base = (s * tt - t * ts) / (one * tt - t * t);
  const double factor = (ts - base * t) / tt;
  if (base < 0) return {0, std::max(0.0, ts / tt)};
  if (factor < 0) return {std::max(0.0, s / one), 0};
  return {base, factor};
}

void MeasureSavingScales(db::Database& database, db::RunTimer& timer, model::PreparedWorkload& workload) {
  const db::ReadOnlyTransaction transaction(database);
  std::vector<Probe> probes = Prepare(database);
  const auto end = Clock::now() + kEnough;
  for (int block = 0; block < kMostBlocks && (block == 0 || Clock::now() < end); ++block) RunBlock(database, timer, probes);
  for (const Probe& probe : probes) database.Execute("DEALLOCATE " + probe.name);
  const auto scale = [&](std::vector<double> Probe::*times, std::vector<double> Probe::*saved) {
    std::vector<ProbedSaving> savings;
    for (Probe& probe : probes) savings.push_back(SavingOf(probe.*times, probe.*saved));
    return ScaleThrough(savings);
  };
  workload.parse_scale = scale(&Probe::parse_times, &Probe::parse_saved);
  workload.plan_scale = scale(&Probe::plan_times, &Probe::plan_saved);
}

}  // namespace steward::act
