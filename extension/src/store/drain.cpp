// The drainer. See drain.hpp, and slots.hpp for the protocol.
#include "store/drain.hpp"

extern "C" {
#include "port/atomics.h"
#include "utils/timestamp.h"
}

#include "store/classes.hpp"
#include "store/plans.hpp"
#include "store/shmem.hpp"
#include "store/slots.hpp"
#include "store/statements.hpp"

namespace steward::store {

namespace {

struct DrainState {
  uint64 lost_base;  // lost executions that earlier resets took back
};

DrainState* state = nullptr;
const core::SlotCounters kZero{};

void MergePlans(const StatementKey& key, const core::SlotCounters& now, const core::SlotCounters& before, TimestampTz at) {
  for (int i = 0; i < core::kPlansPerSlot; i++) {
    const core::PlanCount& plan = now.plans[i];
    if (plan.calls == before.plans[i].calls) continue;
    CountPlanCalls(PlanKey{key.userid, key.dbid, key.queryid, plan.planid}, plan.calls - before.plans[i].calls,
                   plan.exec_ns - before.plans[i].exec_ns, at);
  }
}

// An entry that counted nothing new must not bring back a statement that was reset or evicted.
void Merge(const StatementKey& key, const core::SlotCounters& now, const core::SlotCounters& before, TimestampTz at) {
  if (key.queryid == 0 || memcmp(now.count, before.count, sizeof now.count) == 0) return;
  core::AddDelta(now, before, Slots()->epoch, StatementFor(key, at));
  MergePlans(key, now, before, at);
}

// Merges evicted tenants. Afterwards the mirror of each of their entries stands at zero of the next tenancy.
void DrainRing(uint32 index, TimestampTz at) {
  Slot* slot = SlotAt(index);
  Mirror* mirrors = MirrorsOf(index);
  const Evicted* ring = RingOf(index);
  const uint64 written = *const_cast<volatile uint64*>(&slot->ring_written);
  pg_read_barrier();
  for (uint64 i = slot->ring_read; i < written; i++) {
    const Evicted& item = ring[i % Slots()->ring];
    Mirror& mirror = mirrors[item.entry];
    Merge(item.key, item.counters, mirror.tenancy == item.tenancy ? mirror.counters : kZero, at);
    mirror.tenancy = item.tenancy + 1;
    mirror.counters = kZero;
  }
  pg_memory_barrier();
  slot->ring_read = written;
}

void DrainEntry(uint32 index, uint32 i, TimestampTz at) {
  const SlotEntry* entry = &EntriesOf(index)[i];
  Mirror& mirror = MirrorsOf(index)[i];
  if (*const_cast<const volatile uint32*>(&entry->sequence) == mirror.sequence) return;
  SlotEntry now;
  if (!SnapshotEntry(entry, &now)) return;
  // A new tenant: its predecessor's counters are in the ring by now.
  if (now.tenancy != mirror.tenancy) DrainRing(index, at);
  const auto ahead = static_cast<int32>(mirror.tenancy - now.tenancy);
  if (ahead > 0) return;  // evicted since the snapshot, and merged from the ring
  Merge(now.key, now.counters, ahead == 0 ? mirror.counters : kZero, at);
  mirror.tenancy = now.tenancy;
  mirror.sequence = now.sequence;
  mirror.counters = now.counters;
}

bool HasChanged(uint32 index) {
  const Slot* slot = SlotAt(index);
  return *const_cast<const volatile uint32*>(&slot->changes) != slot->seen_changes;
}

void DrainSlot(uint32 index, TimestampTz at) {
  Slot* slot = SlotAt(index);
  const uint32 changes = *const_cast<volatile uint32*>(&slot->changes);
  if (changes == slot->seen_changes) return;
  pg_read_barrier();
  DrainRing(index, at);
  for (uint32 i = 0; i < Slots()->entries; i++) DrainEntry(index, i, at);
  slot->seen_changes = changes;
}

uint64 SumLost() {
  uint64 lost = 0;
  for (uint32 i = 0; i < Slots()->slots; i++) lost += SlotAt(i)->lost;
  return lost;
}

}  // namespace

void DrainLocked() {
  const TimestampTz now = GetCurrentTimestamp();
  for (uint32 i = 0; i < Slots()->slots; i++) DrainSlot(i, now);
}

// Slot by slot, so that nobody waits long for the lock.
void Drain() {
  const TimestampTz now = GetCurrentTimestamp();
  for (uint32 i = 0; i < Slots()->slots; i++) {
    if (!HasChanged(i)) continue;
    LWLockAcquire(Lock(), LW_EXCLUSIVE);
    DrainSlot(i, now);
    LWLockRelease(Lock());
  }
  DrainClasses();
}

bool TryDrainSlot(uint32 slot) {
  if (!LWLockConditionalAcquire(Lock(), LW_EXCLUSIVE)) return false;
  DrainSlot(slot, GetCurrentTimestamp());
  LWLockRelease(Lock());
  return true;
}

uint64 LostExecutionsLocked() { return SumLost() - state->lost_base; }

void RestoreLostExecutions(uint64 lost) { state->lost_base = SumLost() - lost; }

bool TryDrainRing(uint32 slot) {
  if (!LWLockConditionalAcquire(Lock(), LW_EXCLUSIVE)) return false;
  DrainRing(slot, GetCurrentTimestamp());
  LWLockRelease(Lock());
  return true;
}

uint64 LostExecutions() {
  LWLockAcquire(Lock(), LW_SHARED);
  const uint64 lost = LostExecutionsLocked();
  LWLockRelease(Lock());
  return lost;
}

void StartEpoch(bool forget_lost) {
  Slots()->epoch++;
  if (forget_lost) state->lost_base = SumLost();
}

Size DrainRegionSize() { return sizeof(DrainState); }

void DrainAttach(void* base, [[maybe_unused]] bool init) { state = static_cast<DrainState*>(base); }

}  // namespace steward::store
