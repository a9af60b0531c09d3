// What history keeps of a statement: some of its counters and a coarse histogram of its durations. Owns the selection,
// the arithmetic of intervals (what was counted since the last one) and of the choice of the statements that get a row
// of their own. Plain data that lies in shared memory; all zeroes mean "nothing".
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/coarse_latency.hpp"
#include "core/statement_counters.hpp"

namespace steward::core {

/// The counters that history keeps, in the order of its columns. Durations in nanoseconds.
enum HistoryCounter : int {
  kHistoryCalls,
  kHistoryFailedCalls,
  kHistoryCanceledCalls,
  kHistoryRows,
  kHistoryPlans,
  kHistoryPlanNs,
  kHistoryExecNs,
  kHistorySharedHit,
  kHistorySharedRead,
  kHistorySharedDirtied,
  kHistorySharedWritten,
  kHistoryTempRead,
  kHistoryTempWritten,
  kHistorySharedReadNs,
  kHistorySharedWriteNs,
  kHistoryTempReadNs,
  kHistoryTempWriteNs,
  kHistoryWalRecords,
  kHistoryWalBytes,
  kHistoryCpuNs,      // of the executions it was measured of
  kHistoryCpuExecNs,  // their duration; no column of its own
  kHistoryCounterCount
};

struct HistoryCounters {
  std::uint64_t count[kHistoryCounterCount];
  std::uint32_t latency[kCoarseBuckets];  // wraps around, like the totals it is taken from
};
static_assert(std::is_trivially_copyable_v<HistoryCounters>);

/// What the totals of a statement amount to.
void TakeHistoryCounters(const StatementTotals& totals, HistoryCounters* counters);

/// Adds `more` to `counters`, or takes it away. What is taken away must have been added before.
void AddHistory(const HistoryCounters& more, HistoryCounters* counters);
void SubtractHistory(const HistoryCounters& less, HistoryCounters* counters);

/// Adds to `counters` what `totals` has beyond `taken`, an earlier state of it: as the three functions above would.
void AddHistorySince(const HistoryCounters& taken, const StatementTotals& totals, HistoryCounters* counters);

/// Whether `taken` can be an earlier state of `totals`: no counter is beyond theirs.
[[nodiscard]] bool IsWithin(const HistoryCounters& taken, const StatementTotals& totals);

/// True when nothing was counted.
[[nodiscard]] bool IsEmpty(const HistoryCounters& counters);

/// Whether the statement was called, planned or failed since its counters were `before`.
[[nodiscard]] bool HasHistory(const StatementTotals& totals, const HistoryCounters& before);

/// Nanoseconds of planning and execution since the counters were `before`: what statements are ranked by.
[[nodiscard]] std::uint64_t TimeSince(const StatementTotals& totals, const HistoryCounters& before);

/// CPU time of all executions in nanoseconds, if those it was measured of are like the others; negative when it was
/// measured of none.
[[nodiscard]] double CpuTime(const HistoryCounters& counters);

/// A statement by its place in some table, and its time.
struct RankedStatement {
  std::uint64_t time_ns;
  std::uint32_t index;
};

/// Moves the `top` statements with the most time to the front, of equal ones those with the lower index, in no order
/// among themselves. Returns their number: `top`, or `count` if there are fewer.
int KeepTop(RankedStatement* statements, int count, int top);

}  // namespace steward::core
