// Counting, merging, and which class keeps its row. See transaction_classes.hpp.
#include "core/transaction_classes.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace steward::core {

namespace {

uint64_t Transactions(const uint64_t* count) { return count[kCommits] + count[kRollbacks]; }

void AddTotals(const ClassTotals& from, ClassTotals* into) {
  for (int i = 0; i < kClassCounterCount; i++) into->count[i] += from.count[i];
  for (int i = 0; i < kLatencyBuckets; i++) into->latency[i] += from.latency[i];
  into->max_ns = std::max(into->max_ns, from.max_ns);
  into->first_seen = into->first_seen == 0 ? from.first_seen : std::min(into->first_seen, from.first_seen);
  into->last_seen = std::max(into->last_seen, from.last_seen);
  into->features |= from.features;
  for (int i = 0; i < kSessionStates; i++) into->seen[i] += from.seen[i];
  into->max_busy = std::max(into->max_busy, from.max_busy);
  into->max_sessions = std::max(into->max_sessions, from.max_sessions);
}

ClassRow* LongestSilent(ClassTable* table) {
  return std::min_element(table->row, table->row + table->rows, [](const ClassRow& a, const ClassRow& b) {
    return a.totals.last_seen < b.totals.last_seen;
  });
}

// As many durations as there were transactions: each that is still there stands for its share of them.
void AddDurations(const ClassCounters& now, const ClassSeen& before, ClassTotals* totals) {
  const uint64_t transactions = Transactions(now.count) - Transactions(before.count);
  const uint32_t changes = std::min(now.changes - before.changes, kRecentDurations);
  const auto duration = [&now, changes](uint32_t i) { return now.recent[(now.changes - changes + i) % kRecentDurations]; };
  uint64_t known = 0;
  for (uint32_t i = 0; i < changes; i++) known += duration(i) < kLatencyBuckets ? 1 : 0;
  uint64_t done = 0;
  for (uint32_t i = 0; i < changes; i++) {
    if (duration(i) >= kLatencyBuckets) continue;
    const uint64_t share = transactions * (done + 1) / known - transactions * done / known;
    totals->latency[duration(i)] += static_cast<uint32_t>(share);
    done++;
  }
}

// kMaxClasses: the class has none.
uint32_t RowOf(const ClassTable& table, const ClassKey& key) {
  for (uint32_t i = 0; i < table.rows; i++)
    if (SameClass(table.row[i].key, key.dbid, key.userid, key.application_name)) return i;
  return kMaxClasses;
}

void SeeAt(int64_t at, ClassTotals* totals) {
  if (totals->first_seen == 0) totals->first_seen = at;
  totals->last_seen = at;
}

double MiddleNs(int bucket) {
  const auto low = static_cast<double>(LatencyBucketLow(bucket));
  return bucket == kLatencyBuckets - 1 ? low : (low + static_cast<double>(LatencyBucketLow(bucket + 1))) / 2;
}

}  // namespace

bool SameClass(const ClassKey& key, uint32_t dbid, uint32_t userid, const char* application_name) {
  return key.userid == userid && key.dbid == dbid &&
         std::strncmp(key.application_name, application_name, kApplicationNameSize - 1) == 0;
}

ClassKey MakeClassKey(uint32_t dbid, uint32_t userid, const char* application_name) {
  ClassKey key{dbid, userid, {}};
  std::strncpy(key.application_name, application_name, kApplicationNameSize - 1);
  return key;
}

void CountTransaction(ClassCounters* counters, const Transaction& transaction) {
  if (transaction.session_command) {
    counters->count[kSessionCommands]++;
    return CloseTransaction(counters, kNoDuration);
  }
  const uint64_t ns = transaction.xact_ns;
  counters->count[transaction.committed ? kCommits : kRollbacks]++;
  if (transaction.failed) counters->count[kFailures]++;
  counters->count[kXactNs] += ns;
  counters->count[kIdleNs] += transaction.idle_ns;
  if (transaction.wrote) counters->count[kWritingCommits]++;
  counters->max_ns = std::max(counters->max_ns, ns);
  CloseTransaction(counters, static_cast<uint8_t>(LatencyBucket(ns)));
}

void StartEpoch(ClassCounters* counters, uint32_t epoch) {
  if (counters->epoch == epoch) return;
  counters->max_ns = 0;
  counters->features = 0;
  counters->epoch = epoch;
}

uint64_t LongestNs(const ClassTotals& totals) {
  int bucket = kLatencyBuckets - 1;
  while (bucket > 0 && totals.latency[bucket] == 0) bucket--;
  return std::max(totals.max_ns, LatencyBucketLow(bucket));
}

double DeviationNs(const ClassTotals& totals) {
  double count = 0;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kLatencyBuckets; i++) {
    const auto here = static_cast<double>(totals.latency[i]);
    count += here;
    sum += here * MiddleNs(i);
    squares += here * MiddleNs(i) * MiddleNs(i);
  }
  if (count < 2) return 0;
  const double mean = sum / count;
  return std::sqrt(std::max(0.0, squares / count - mean * mean));
}

ClassTotals* TotalsFor(ClassTable* table, const ClassKey& key, int64_t now) {
  const uint32_t known = RowOf(*table, key);
  if (known < kMaxClasses) return &table->row[known].totals;
  ClassRow* row = nullptr;
  if (table->rows < kMaxClasses) {
    row = &table->row[table->rows++];
  } else {
    row = LongestSilent(table);
    if (now - row->totals.last_seen < kClassKeptUs) return &table->other;
    AddTotals(row->totals, &table->other);
  }
  *row = ClassRow{key, {}};
  row->totals.looks_before = table->looks;
  return &row->totals;
}

void SeeAll(const ClassCounters& now, ClassSeen* seen) {
  std::copy_n(now.count, kClassCounterCount, seen->count);
  seen->changes = now.changes;
}

void AddClassDelta(const ClassCounters& now, const ClassSeen& before, uint32_t epoch, int64_t at, ClassTotals* totals) {
  for (int i = 0; i < kClassCounterCount; i++) totals->count[i] += now.count[i] - before.count[i];
  AddDurations(now, before, totals);
  if (now.epoch == epoch) {
    totals->max_ns = std::max(totals->max_ns, now.max_ns);
    totals->features |= now.features;
  }
  SeeAt(at, totals);
}

void CountSight(ClassTable* table, ClassLook* look, const SessionSight& sight, int64_t now) {
  const bool busy = sight.state != SessionState::kIdle;
  uint32_t row = RowOf(*table, sight.key);
  if (row == kMaxClasses && busy) {
    (void)TotalsFor(table, sight.key, now);
    row = RowOf(*table, sight.key);
    // What was found so far of the class that had this row is not this one's.
    if (row < kMaxClasses) look->busy[row] = look->sessions[row] = 0;
  }
  ClassTotals* totals = row < kMaxClasses ? &table->row[row].totals : &table->other;
  if (busy) SeeAt(now, totals);
  totals->seen[static_cast<int>(sight.state)]++;
  if (sight.locks) totals->features |= kUsesAdvisoryLock;
  look->busy[row] += busy ? 1 : 0;
  look->sessions[row]++;
  totals->max_busy = std::max(totals->max_busy, look->busy[row]);
  totals->max_sessions = std::max(totals->max_sessions, look->sessions[row]);
}

}  // namespace steward::core
