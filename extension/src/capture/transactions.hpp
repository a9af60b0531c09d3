// When a transaction of a client ends, it counts for its class: the database, the session user and the application_name at
// its end. Decides what a transaction is, and measures it; where it is counted is store's business.
#pragma once

#include "pg/clock.hpp"
#include "pg/postgres.hpp"
#include "store/classes.hpp"

extern "C" {
#include "access/xact.h"
#include "nodes/nodes.h"
#include "utils/snapmgr.h"
}

namespace steward::capture {

/// How NowNs() goes with the server's clock, by which a transaction begins. Looked at anew after 0.1 s, in which the two
/// drift apart by a few microseconds at most.
struct ClockPair {
  uint64 read_ns;    // when the two were read together
  uint64 offset_ns;  // from the server's to ours, modulo 2^64
};
inline constexpr uint64 kClocksTrustedNs = 100'000'000;
extern STEWARD_LOCAL ClockPair clocks;

/// End of this session's last transaction by NowNs().
extern STEWARD_LOCAL uint64 last_end_ns;

/// Reads both clocks, and follows what changes now and then: resets, pg_steward.track. Returns NowNs().
uint64 ReadClocks();

/// Duration of the transaction that began at `start` and ends at `now_ns`. A backend's transactions follow each other, but those
/// of one VACUUM have all the same start: that of the statement.
inline uint64 TransactionNs(TimestampTz start, uint64 now_ns) {
  uint64 start_ns = static_cast<uint64>(start) * 1000 + clocks.offset_ns;
  if (start_ns < last_end_ns) start_ns = last_end_ns;
  last_end_ns = now_ns;
  return likely(now_ns > start_ns) ? now_ns - start_ns : 0;
}

/// What TransactionEnd leaves out: blocks, failures, session commands, a class that has to be looked up.
void SlowTransactionEnd(XactEvent event);

/// A transaction's end, from the callback for it. Few instructions for a lone statement of a class that was seen before.
pg_attribute_always_inline void TransactionEnd(XactEvent event, bool may_have_written) {
  const TimestampTz start = GetCurrentTransactionStartTimestamp();  // first: there is nothing yet to be kept over the call
  store::ClassEntry* entry = store::class_entry;
  if (unlikely(event != XACT_EVENT_COMMIT || entry == nullptr || !FirstSnapshotSet)) return SlowTransactionEnd(event);
  uint64 now_ns = pg::NowNs();
  if (unlikely(now_ns - clocks.read_ns > kClocksTrustedNs)) now_ns = ReadClocks();
  if (unlikely(may_have_written) && TransactionIdIsValid(GetTopTransactionIdIfAny()))
    entry->counters.count[core::kWritingCommits]++;
  core::CountCommit(&entry->counters, TransactionNs(start, now_ns));
}

/// Before a utility statement runs: the begin of a transaction block marks from when on time idle in transaction is its own; a
/// SET and the like says what the session uses.
void NoteUtility(const Node* utility);

/// Call once from _PG_init.
void InstallTransactionClasses();

}  // namespace steward::capture
