// Transactions by class: database, session user and application_name. Owns the layout of what one backend counts and of the
// cluster's table of classes, and decides which class has a row of its own; both lie in shared memory, so they are
// trivially copyable and all zeroes mean "nothing counted". Who counts, and under which lock, is the caller's business.
// Durations are nanoseconds, instants the server's microseconds.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/latency_histogram.hpp"

namespace steward::core {

inline constexpr int kMaxClasses = 256;
inline constexpr int kApplicationNameSize = 64;  // with its terminating zero

/// Microseconds: a class may lose its row when it has been silent this long.
inline constexpr int64_t kClassKeptUs = int64_t{3600} * 1000000;

/// The name is zero-terminated, and zero to its end.
struct ClassKey {
  uint32_t dbid;
  uint32_t userid;
  char application_name[kApplicationNameSize];
};

[[nodiscard]] bool SameClass(const ClassKey& key, uint32_t dbid, uint32_t userid, const char* application_name);
[[nodiscard]] ClassKey MakeClassKey(uint32_t dbid, uint32_t userid, const char* application_name);

/// Counters that only ever grow.
enum ClassCounter : int {
  kCommits,
  kRollbacks,  // failures included
  kFailures,
  kSessionCommands,  // not among the commits: see Transaction
  kXactNs,
  kIdleNs,
  kWritingCommits,  // with a transaction id
  kClassCpuNs,      // that the sessions used, in transactions and between them
  kClassCoreWaitNs, // in which they could have run, but for others on the cores
  kClassCounterCount
};

/// What a session uses that outlives its transactions, as bits: none of it works through a pooler in transaction mode.
enum SessionFeature : uint32_t {
  kUsesSet = 1,  // of a setting that poolers do not pass on
  kUsesSetRole = 2,
  kUsesListen = 4,
  kUsesAdvisoryLock = 8,
  kUsesTempTable = 16,
  kUsesHoldCursor = 32,
  kUsesPrepare = 64,
  kUsesLoad = 128
};
inline constexpr int kSessionFeatures = 8;

/// What a session is doing at the moment it is looked at; all but the last within a transaction.
enum class SessionState : uint8_t {
  kRunning,  // on a processor, or waiting for one
  kLock,     // waits for a heavyweight lock
  kLwlock,   // waits for a lock inside the server, or for a pinned buffer
  kIo,       // reads or writes files of data
  kWal,      // writes or flushes WAL, or waits for a synchronous standby
  kClient,   // waits for its client: idle in transaction
  kOther,    // pg_sleep, parallel workers, extensions
  kIdle      // outside of a transaction
};
inline constexpr int kSessionStates = 8;

/// A backend's last durations of a class go by their bucket; the drainer takes them up each second. Where there were more, the
/// last ones stand for all.
inline constexpr uint32_t kRecentDurations = 128;
inline constexpr uint8_t kNoDuration = 255;
static_assert(kLatencyBuckets <= kNoDuration);

/// One class as one backend counts it. Only that backend writes, and `changes` after all the rest. `epoch` says since which
/// reset max_ns and features hold.
struct ClassCounters {
  uint64_t count[kClassCounterCount];
  uint64_t max_ns;
  uint32_t epoch;
  uint32_t changes;
  uint64_t features;  // SessionFeature
  uint8_t recent[kRecentDurations];  // of change n at n modulo its length
};

/// What was taken up of one backend's counters.
struct ClassSeen {
  uint64_t count[kClassCounterCount];
  uint32_t changes;
};

/// One transaction that ended.
struct Transaction {
  bool session_command;  // a lone SET or the like: only counted, as nothing else
  bool committed;
  bool failed;      // aborted by something else than its own ROLLBACK
  uint64_t xact_ns;  // from its start to its end
  uint64_t idle_ns;  // of it, waiting for the client
  bool wrote;        // had a transaction id
};

/// Ends the counting of a transaction whose duration is in that bucket. A release store: who sees it sees the rest.
inline void CloseTransaction(ClassCounters* counters, uint8_t bucket) {
  const uint32_t change = counters->changes;
  counters->recent[change % kRecentDurations] = bucket;
  __atomic_store_n(&counters->changes, change + 1, __ATOMIC_RELEASE);
}

/// A transaction that committed and never waited for its client. A few plain stores, fit for a hot path.
inline void CountCommit(ClassCounters* counters, uint64_t xact_ns) {
  counters->count[kCommits]++;
  counters->count[kXactNs] += xact_ns;
  if (xact_ns > counters->max_ns) counters->max_ns = xact_ns;
  CloseTransaction(counters, static_cast<uint8_t>(LatencyBucket(xact_ns)));
}

/// Any transaction.
void CountTransaction(ClassCounters* counters, const Transaction& transaction);

/// The longest transaction and what sessions use are looked for anew: after a reset.
void StartEpoch(ClassCounters* counters, uint32_t epoch);

/// One class summed over all backends.
struct ClassTotals {
  uint64_t count[kClassCounterCount];
  uint64_t max_ns;
  int64_t first_seen;
  int64_t last_seen;
  uint64_t features;               // SessionFeature
  uint64_t seen[kSessionStates];   // sessions, by their state, summed over all looks
  uint64_t looks_before;           // of the table, when the class had its first
  uint32_t max_busy;               // most sessions in a transaction at one look
  uint32_t max_sessions;
  uint32_t latency[kLatencyBuckets];
};

/// The longest transaction. One that ran in the moment of a reset may be known by its bucket only.
[[nodiscard]] uint64_t LongestNs(const ClassTotals& totals);

/// Remembers that all of `now` was taken up.
void SeeAll(const ClassCounters& now, ClassSeen* seen);

/// Standard deviation of the transactions' durations in nanoseconds, from the histogram: up to 6 % of the mean too high or
/// too low.
[[nodiscard]] double DeviationNs(const ClassTotals& totals);

struct ClassRow {
  ClassKey key;
  ClassTotals totals;
};

/// All classes: at most kMaxClasses with a row of their own, the rest summed up in `other`.
struct ClassTable {
  uint32_t rows;
  ClassRow row[kMaxClasses];
  ClassTotals other;
  uint64_t looks;  // at all sessions
};

static_assert(std::is_trivially_copyable_v<ClassCounters> && std::is_trivially_copyable_v<ClassTable>);

/// The totals that count for a class, of `other` when the table is full. Before that a class that was silent for kClassKeptUs
/// makes room: its totals move to `other`.
[[nodiscard]] ClassTotals* TotalsFor(ClassTable* table, const ClassKey& key, int64_t now);

/// A session as one look found it.
struct SessionSight {
  ClassKey key;
  SessionState state;
  bool locks;  // idle, it holds a lock
};

/// Sessions found so far by one look, by the row of their class; the last for "other". Begins with zeroes.
struct ClassLook {
  uint32_t busy[kMaxClasses + 1];
  uint32_t sessions[kMaxClasses + 1];
};

/// Counts a session that the look found, as TotalsFor has it. One outside of a transaction makes no class known.
void CountSight(ClassTable* table, ClassLook* look, const SessionSight& sight, int64_t now);

/// Adds to `totals` what `now` has more than `before` of the same counters, seen at `at`. The longest
/// transaction counts only when it was seen since the reset called `epoch`.
void AddClassDelta(const ClassCounters& now, const ClassSeen& before, uint32_t epoch, int64_t at,
                   ClassTotals* totals);

}  // namespace steward::core
