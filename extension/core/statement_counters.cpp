// Counting and merging. See statement_counters.hpp.
#include "core/statement_counters.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace steward::core {

namespace {

constexpr Extremes kNothing = {std::numeric_limits<uint64_t>::max(), 0};

void Widen(Extremes* extremes, uint64_t low, uint64_t high) {
  extremes->min = std::min(extremes->min, low);
  extremes->max = std::max(extremes->max, high);
}

// `first` tells that the target has counted nothing yet and its extremes mean nothing.
void Merge(Extremes* into, const Extremes& from, bool first) {
  if (first) *into = kNothing;
  if (from.min <= from.max) Widen(into, from.min, from.max);
}

// Where the extremes hold for all that is new, the buckets outside of them have nothing new.
void AddLatencies(const SlotCounters& now, const SlotCounters& before, StatementTotals* totals) {
  if (now.count[kCalls] == before.count[kCalls]) return;
  int first = 0;
  int last = kLatencyBuckets - 1;
  const bool held = now.epochs == before.epochs || (now.epochs == 1 && before.epochs == 0);
  if (held && now.exec.min <= now.exec.max) {
    first = LatencyBucket(now.exec.min);
    last = LatencyBucket(now.exec.max);
  }
  for (int i = first; i <= last; i++) totals->latency[i] += static_cast<uint16_t>(now.latency[i] - before.latency[i]);
}

}  // namespace

void AddDelta(const SlotCounters& now, const SlotCounters& before, uint32_t epoch, StatementTotals* totals) {
  const bool first_plan = totals->count[kPlans] == 0;
  const bool first_call = totals->count[kCalls] == 0;
  for (int i = 0; i < kCounterCount; i++) totals->count[i] += now.count[i] - before.count[i];
  totals->plan_squares += now.plan_squares - before.plan_squares;
  totals->exec_squares += now.exec_squares - before.exec_squares;
  AddLatencies(now, before, totals);
  if (now.epoch == epoch) {
    Merge(&totals->plan, now.plan, first_plan);
    Merge(&totals->exec, now.exec, first_call);
  }
  totals->last_call = std::max(totals->last_call, now.last_call);
  const bool failed_again = now.count[kFailedCalls] != before.count[kFailedCalls] ||
                            now.count[kCanceledCalls] != before.count[kCanceledCalls];
  if (failed_again && now.last_sqlstate != 0) totals->last_sqlstate = now.last_sqlstate;
}

double StandardDeviation(uint64_t calls, uint64_t sum_ns, double squares) {
  if (calls < 2) return 0;
  const auto n = static_cast<double>(calls);
  const double mean = static_cast<double>(sum_ns) / n;
  return std::sqrt(std::max(0.0, squares / n - mean * mean));
}

}  // namespace steward::core
