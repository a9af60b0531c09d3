// See history_counters.hpp.
#include "core/history_counters.hpp"

#include <algorithm>

namespace steward::core {

namespace {

// In the order of HistoryCounter.
constexpr Counter kSource[] = {kCalls,       kFailedCalls,  kCanceledCalls, kRows,          kPlans,         kPlanNs,
                               kExecNs,      kSharedHit,    kSharedRead,    kSharedDirtied, kSharedWritten, kTempRead,
                               kTempWritten, kSharedReadNs, kSharedWriteNs, kTempReadNs,    kTempWriteNs,   kWalRecords,
                               kWalBytes,    kCpuNs,        kCpuExecNs};
static_assert(sizeof kSource / sizeof kSource[0] == kHistoryCounterCount);

}  // namespace

void TakeHistoryCounters(const StatementTotals& totals, HistoryCounters* counters) {
  for (int i = 0; i < kHistoryCounterCount; i++) counters->count[i] = totals.count[kSource[i]];
  CoarsenLatency(totals.latency, counters->latency);
}

void AddHistory(const HistoryCounters& more, HistoryCounters* counters) {
  for (int i = 0; i < kHistoryCounterCount; i++) counters->count[i] += more.count[i];
  for (int i = 0; i < kCoarseBuckets; i++) counters->latency[i] += more.latency[i];
}

void SubtractHistory(const HistoryCounters& less, HistoryCounters* counters) {
  for (int i = 0; i < kHistoryCounterCount; i++) counters->count[i] -= less.count[i];
  for (int i = 0; i < kCoarseBuckets; i++) counters->latency[i] -= less.latency[i];
}

void AddHistorySince(const HistoryCounters& taken, const StatementTotals& totals, HistoryCounters* counters) {
  for (int i = 0; i < kHistoryCounterCount; i++) counters->count[i] += totals.count[kSource[i]];
  AddCoarsened(totals.latency, counters->latency);
  if (!IsEmpty(taken)) SubtractHistory(taken, counters);
}

bool IsWithin(const HistoryCounters& taken, const StatementTotals& totals) {
  for (int i = 0; i < kHistoryCounterCount; i++)
    if (taken.count[i] > totals.count[kSource[i]]) return false;
  return true;
}

bool IsEmpty(const HistoryCounters& counters) {
  return std::all_of(counters.count, counters.count + kHistoryCounterCount, [](std::uint64_t n) { return n == 0; });
}

bool HasHistory(const StatementTotals& totals, const HistoryCounters& before) {
  for (const HistoryCounter counter : {kHistoryCalls, kHistoryPlans, kHistoryFailedCalls, kHistoryCanceledCalls})
    if (totals.count[kSource[counter]] != before.count[counter]) return true;
  return false;
}

std::uint64_t TimeSince(const StatementTotals& totals, const HistoryCounters& before) {
  return totals.count[kExecNs] + totals.count[kPlanNs] - before.count[kHistoryExecNs] - before.count[kHistoryPlanNs];
}

double CpuTime(const HistoryCounters& counters) {
  const auto measured = static_cast<double>(counters.count[kHistoryCpuExecNs]);
  if (measured <= 0) return -1;
  return static_cast<double>(counters.count[kHistoryCpuNs]) / measured *
         static_cast<double>(counters.count[kHistoryExecNs]);
}

int KeepTop(RankedStatement* statements, int count, int top) {
  if (count <= top) return count;
  std::nth_element(statements, statements + top, statements + count,
                   [](const RankedStatement& a, const RankedStatement& b) {
                     return a.time_ns != b.time_ns ? a.time_ns > b.time_ns : a.index < b.index;
                   });
  return top;
}

}  // namespace steward::core
