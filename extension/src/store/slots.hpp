// The backend's half of capture: every backend counts in its own slot of shared memory, with plain stores under a sequence
// counter, and never waits. Owns the slots' layout and the single-writer protocol; merging is drain's business.
//
// A slot has entries (4-way sets of cumulative counters, never reset by the backend) and a ring. When a statement needs an
// entry that another one has, the old one's counters go to the ring and the entry starts a new tenancy from zero. The
// drainer keeps, under store::Lock(), a mirror of what it merged of each entry, and merges differences.
#pragma once

#include "core/statement_counters.hpp"
#include "pg/compat.hpp"
#include "pg/postgres.hpp"
#include "pg/usage.hpp"
#include "store/statement_key.hpp"

namespace steward::store {

/// One execution, as capture measured it so far.
struct Execution {
  StatementKey key;
  uint64 exec_ns;
  uint64 plan_ns;           // of the planning right before; 0: none
  uint64 planid;            // 0: unknown, or not to be counted by plan
  uint64 cpu_ns;            // 0: not measured
  uint64 rows;
  pg::CallOrigin origin;
  bool count_planning;  // plan_ns was not counted yet
  pg::ResourceUsage usage;
};

/// Counting functions; RecordExecution is in slot_writer.hpp. Plain stores to the backend's own slot; no lock, no allocation,
/// no system call. When the ring is full and the store is busy the event is dropped and counted as lost. `usage` is null for a
/// planning that used nothing.
void RecordPlanning(const StatementKey& key, uint64 plan_ns, const pg::ResourceUsage* usage);
void RecordFailure(const StatementKey& key, bool canceled, int sqlstate);

/// Counts an event that capture itself had to drop.
void CountLost();

/// The drainer's view. All of it only under store::Lock() held exclusively.
struct SlotEntry {
  uint32 sequence;  // odd while the owner writes
  uint32 tenancy;   // counts the statements that had this entry
  StatementKey key;
  core::SlotCounters counters;
};

struct Evicted {
  uint32 entry;
  uint32 tenancy;
  StatementKey key;
  core::SlotCounters counters;
};

/// What was merged so far of one entry.
struct Mirror {
  uint32 sequence;
  uint32 tenancy;
  core::SlotCounters counters;
};

struct Slot {
  uint32 changes;  // grows with every update: an unchanged slot needs no visit
  uint32 seen_changes;  // the drainer's
  uint64 ring_written;  // the owner's
  uint64 ring_read;     // the drainer's
  uint64 lost;
};

struct SlotArea {
  uint32 slots;
  uint32 entries;  // of one slot
  uint32 ring;     // length of one slot's ring
  uint32 epoch;    // grows with every reset; extremes of older epochs do not count
};

[[nodiscard]] SlotArea* Slots();
[[nodiscard]] Slot* SlotAt(uint32 slot);
[[nodiscard]] SlotEntry* EntriesOf(uint32 slot);
[[nodiscard]] Mirror* MirrorsOf(uint32 slot);
[[nodiscard]] Evicted* RingOf(uint32 slot);

/// A consistent copy of an entry; false when its owner kept writing.
bool SnapshotEntry(const SlotEntry* entry, SlotEntry* copy);

Size SlotRegionSize();
void SlotAttach(void* base, bool init);

}  // namespace steward::store
