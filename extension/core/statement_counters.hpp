// What is counted for a statement, in the two forms it takes: the cumulative counters of a backend's slot and the totals
// of the statement table. Owns their layout and the merging of one into the other; both lie in shared memory, so they
// are trivially copyable and all zeroes mean "nothing counted".
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/latency_histogram.hpp"

namespace steward::core {

/// Counters that only ever grow. Durations in nanoseconds.
enum Counter : int {
  kPlans,
  kPlanNs,
  kCalls,
  kExecNs,
  kRows,
  kSharedHit,
  kSharedRead,
  kSharedDirtied,
  kSharedWritten,
  kLocalHit,
  kLocalRead,
  kLocalDirtied,
  kLocalWritten,
  kTempRead,
  kTempWritten,
  kSharedReadNs,
  kSharedWriteNs,
  kLocalReadNs,
  kLocalWriteNs,
  kTempReadNs,
  kTempWriteNs,
  kWalRecords,
  kWalFpi,
  kWalBytes,
  kWalBuffersFull,
  kJitFunctions,
  kJitGenerationNs,
  kJitInliningCount,
  kJitInliningNs,
  kJitOptimizationCount,
  kJitOptimizationNs,
  kJitEmissionCount,
  kJitEmissionNs,
  kJitDeformCount,
  kJitDeformNs,
  kWorkersToLaunch,
  kWorkersLaunched,
  // Calls by their origin, in the order of pg::CallOrigin; those that came from inside functions first.
  kInnerCalls,
  kSimpleCalls,
  kGenericPlanCalls,
  kCustomPlanCalls,
  kPreparedUtilityCalls,
  kFailedCalls,
  kCanceledCalls,
  kCpuNs,      // CPU time of the executions it was measured of
  kCpuExecNs,  // their duration
  kCounterCount
};

/// The shortest and the longest of some durations, in nanoseconds. Meaningless while nothing was counted.
struct Extremes {
  uint64_t min;
  uint64_t max;
};

/// Executions of one plan of a statement.
struct PlanCount {
  uint64_t planid;  // 0: none
  uint64_t calls;
  uint64_t exec_ns;
};
inline constexpr int kPlansPerSlot = 4;

/// One statement as one backend counts it, from the moment the slot entry was given to it. `epoch` says since which reset
/// the extremes hold. The bucket counts wrap around; a drain happens before one could wrap twice.
struct SlotCounters {
  uint64_t count[kCounterCount];
  double plan_squares;  // sum of squared durations, ns^2
  double exec_squares;
  Extremes plan;
  Extremes exec;
  int64_t last_call;  // the server's timestamp format; 0: never completed
  int32_t last_sqlstate;
  uint32_t epoch;
  uint32_t epochs;  // how often the extremes began anew
  PlanCount plans[kPlansPerSlot];  // in the order in which the plans were met; a place is never given to another plan
  uint16_t latency[kLatencyBuckets];
};

/// One statement summed over all backends.
struct StatementTotals {
  uint64_t count[kCounterCount];
  double plan_squares;
  double exec_squares;
  Extremes plan;
  Extremes exec;
  int64_t last_call;
  int32_t last_sqlstate;
  uint32_t latency[kLatencyBuckets];
};

static_assert(std::is_trivially_copyable_v<SlotCounters> && std::is_trivially_copyable_v<StatementTotals>);

namespace detail {
inline void Widen(Extremes* extremes, uint64_t ns) {
  if (ns < extremes->min) extremes->min = ns;
  if (ns > extremes->max) extremes->max = ns;
}

inline void StartEpoch(SlotCounters* counters, uint32_t epoch) {
  if (counters->epoch == epoch) [[likely]]
    return;
  counters->epoch = epoch;
  counters->epochs++;
  counters->plan = Extremes{~uint64_t{0}, 0};
  counters->exec = Extremes{~uint64_t{0}, 0};
}
}  // namespace detail

/// Counts one planning that took `ns`. Inline, as the hot path of every backend.
inline void CountPlanning(SlotCounters* counters, uint64_t ns, uint32_t epoch) {
  detail::StartEpoch(counters, epoch);
  counters->count[kPlans]++;
  counters->count[kPlanNs] += ns;
  counters->plan_squares += static_cast<double>(static_cast<int64_t>(ns)) * static_cast<double>(static_cast<int64_t>(ns));
  detail::Widen(&counters->plan, ns);
}

/// Counts one execution that took `ns`.
inline void CountExecution(SlotCounters* counters, uint64_t ns, uint32_t epoch) {
  detail::StartEpoch(counters, epoch);
  counters->count[kCalls]++;
  counters->count[kExecNs] += ns;
  counters->exec_squares += static_cast<double>(static_cast<int64_t>(ns)) * static_cast<double>(static_cast<int64_t>(ns));
  detail::Widen(&counters->exec, ns);
  uint16_t& bucket = counters->latency[LatencyBucket(ns)];
  bucket = static_cast<uint16_t>(bucket + 1);
}

/// The place of a plan among the slot's, taken when it has none yet. Null when every place belongs to another plan.
inline PlanCount* PlaceOf(SlotCounters* counters, uint64_t planid) {
  for (PlanCount& plan : counters->plans) {
    if (plan.planid == planid) return &plan;
    if (plan.planid != 0) continue;
    plan.planid = planid;
    return &plan;
  }
  return nullptr;
}

/// Adds to `totals` what `now` has more than `before` (an earlier state of the same slot entry, or zeroes). Extremes count
/// only when they were taken since the reset called `epoch`.
void AddDelta(const SlotCounters& now, const SlotCounters& before, uint32_t epoch, StatementTotals* totals);

/// Population standard deviation of `calls` durations, in nanoseconds, from their sum and sum of squares.
[[nodiscard]] double StandardDeviation(uint64_t calls, uint64_t sum_ns, double squares);

}  // namespace steward::core
