// Layout of the slots and the owner's side of the protocol. See slots.hpp.
#include "store/slots.hpp"

extern "C" {
#include "access/xact.h"
#include "port/atomics.h"
#include "storage/proc.h"
}

#include "store/drain.hpp"

namespace steward::store {

namespace {

using core::Counter;
using core::SlotCounters;

constexpr uint32 kWays = 4;
// 16-bit buckets wrap after 65,536 counts; the owner asks for a drain long before.
constexpr uint32 kUpdatesBetweenDrains = 16384;

SlotArea* area = nullptr;
char* slots_base = nullptr;

// This backend's own slot. Tags repeat the entries' keys in local memory, packed for the probe.
struct Own {
  bool attached;
  bool none;  // no slot for this process
  uint32 index;
  uint32 updates;  // since this backend last drained itself
  Slot* slot;
  SlotEntry* entries;
  Evicted* ring;
};
Own own;

constexpr uint32 kMaxEntries = 64;
StatementKey tags[kMaxEntries];
uint32 last_used[kMaxEntries];
uint32 use_clock = 0;

// Fewer entries a backend where there are many backends: about 180 kB each up to 128 of them, 30 kB from 2,048 on.
uint32 EntriesFor(uint32 backends) {
  if (backends <= 128) return kMaxEntries;
  if (backends <= 256) return 32;
  return backends <= 512 ? 16 : 8;
}

uint32 RingFor(uint32 backends) {
  if (backends <= 512) return 64;
  return backends <= 2048 ? 32 : 16;
}

Size SlotSize(uint32 entries, uint32 ring) {
  return CACHELINEALIGN(MAXALIGN(sizeof(Slot)) + entries * (sizeof(SlotEntry) + sizeof(Mirror)) + ring * sizeof(Evicted));
}

bool Attach() {
  own.attached = true;
  const int proc = pg::OwnProcIndex();
  own.none = proc < 0 || static_cast<uint32>(proc) >= area->slots;
  if (own.none) return false;
  own.index = static_cast<uint32>(proc);
  own.slot = SlotAt(own.index);
  own.entries = EntriesOf(own.index);
  own.ring = RingOf(own.index);
  for (uint32 i = 0; i < area->entries; i++) {
    // A predecessor that died between two stores left an odd counter.
    if (own.entries[i].sequence % 2 != 0) own.entries[i].sequence++;
    tags[i] = own.entries[i].key;
  }
  return true;
}

// Moves a tenant's counters to the ring. False when there is no room and the store is busy.
bool Evict(uint32 index) {
  SlotEntry& entry = own.entries[index];
  if (own.slot->ring_written - own.slot->ring_read >= area->ring / 4) TryDrainSlot(own.index);
  if (own.slot->ring_written - own.slot->ring_read >= area->ring) return false;
  Evicted& item = own.ring[own.slot->ring_written % area->ring];
  item.entry = index;
  item.tenancy = entry.tenancy;
  item.key = entry.key;
  item.counters = entry.counters;
  pg_write_barrier();
  own.slot->ring_written++;
  return true;
}

// In the order in which entries are given away: empty ones first, then by their last use.
uint64 Rank(uint32 index) { return tags[index].queryid == 0 ? 0 : 1 + static_cast<uint64>(last_used[index]); }

// The entry for `key`, taken over from the least recently used of its set when it has none. Null when it cannot be.
SlotEntry* EntryFor(const StatementKey& key, bool* fresh) {
  const uint32 sets = area->entries / kWays;
  const uint32 first = (HashOf(key) & (sets - 1)) * kWays;
  uint32 oldest = first;
  *fresh = false;
  use_clock++;
  for (uint32 i = first; i < first + kWays; i++) {
    if (tags[i] == key) {
      last_used[i] = use_clock;
      return &own.entries[i];
    }
    if (Rank(i) < Rank(oldest)) oldest = i;
  }
  if (tags[oldest].queryid != 0 && !Evict(oldest)) return nullptr;
  tags[oldest] = key;
  last_used[oldest] = use_clock;
  *fresh = true;
  return &own.entries[oldest];
}

// Opens the entry for writing: the counter is odd until Close.
SlotCounters* Open(const StatementKey& key, SlotEntry** opened) {
  if (unlikely(!own.attached)) Attach();
  if (unlikely(own.none)) return nullptr;
  if (unlikely(own.updates >= kUpdatesBetweenDrains) && TryDrainSlot(own.index)) own.updates = 0;
  bool fresh = false;
  SlotEntry* entry = EntryFor(key, &fresh);
  if (unlikely(entry == nullptr)) {
    own.slot->lost++;
    return nullptr;
  }
  entry->sequence++;
  pg_write_barrier();
  if (fresh) {
    entry->tenancy++;
    entry->key = key;
    memset(&entry->counters, 0, sizeof entry->counters);
  }
  *opened = entry;
  return &entry->counters;
}

void Close(SlotEntry* entry) {
  pg_write_barrier();
  entry->sequence++;
  own.slot->changes++;
  own.updates++;
}

void AddUsage(SlotCounters* counters, const pg::ResourceUsage& usage) {
  static_assert(core::kWalBuffersFull - core::kSharedHit + 1 == pg::kUsageCount);
  for (int i = 0; i < pg::kUsageCount; i++) counters->count[core::kSharedHit + i] += usage.value[i];
}

void AddJit(SlotCounters* counters, const pg::JitUsage& jit) {
  static_assert(core::kJitDeformNs - core::kJitFunctions + 1 == pg::kJitUsageCount);
  for (int i = 0; i < pg::kJitUsageCount; i++) counters->count[core::kJitFunctions + i] += jit.value[i];
}

void Count(SlotCounters* counters, Counter counter) { counters->count[counter]++; }

}  // namespace

void RecordExecution(const StatementKey& key, const Execution& execution) {
  SlotEntry* entry = nullptr;
  SlotCounters* counters = Open(key, &entry);
  if (counters == nullptr) return;
  core::CountExecution(counters, execution.exec_ns, area->epoch);
  counters->count[core::kRows] += execution.rows;
  AddUsage(counters, *execution.usage);
  if (execution.jit != nullptr) AddJit(counters, *execution.jit);
  if (execution.origin.simple) Count(counters, core::kSimpleCalls);
  if (execution.origin.prepared) Count(counters, core::kExtendedCalls);
  if (execution.origin.generic) Count(counters, core::kGenericPlanCalls);
  if (execution.origin.custom) Count(counters, core::kCustomPlanCalls);
  counters->last_call = GetCurrentStatementStartTimestamp();
  Close(entry);
}

void RecordPlanning(const StatementKey& key, uint64 plan_ns, const pg::ResourceUsage& usage) {
  SlotEntry* entry = nullptr;
  SlotCounters* counters = Open(key, &entry);
  if (counters == nullptr) return;
  core::CountPlanning(counters, plan_ns, area->epoch);
  AddUsage(counters, usage);
  Close(entry);
}

void RecordFailure(const StatementKey& key, bool canceled, int sqlstate) {
  SlotEntry* entry = nullptr;
  SlotCounters* counters = Open(key, &entry);
  if (counters == nullptr) return;
  Count(counters, canceled ? core::kCanceledCalls : core::kFailedCalls);
  counters->last_sqlstate = sqlstate;
  Close(entry);
}

void CountLost() {
  if (!own.attached) Attach();
  if (!own.none) own.slot->lost++;
}

SlotArea* Slots() { return area; }

Slot* SlotAt(uint32 slot) { return reinterpret_cast<Slot*>(slots_base + slot * SlotSize(area->entries, area->ring)); }

SlotEntry* EntriesOf(uint32 slot) {
  return reinterpret_cast<SlotEntry*>(reinterpret_cast<char*>(SlotAt(slot)) + MAXALIGN(sizeof(Slot)));
}

Mirror* MirrorsOf(uint32 slot) { return reinterpret_cast<Mirror*>(EntriesOf(slot) + area->entries); }

Evicted* RingOf(uint32 slot) { return reinterpret_cast<Evicted*>(MirrorsOf(slot) + area->entries); }

bool SnapshotEntry(const SlotEntry* entry, SlotEntry* copy) {
  for (int attempt = 0; attempt < 100; attempt++) {
    const uint32 before = *const_cast<const volatile uint32*>(&entry->sequence);
    pg_read_barrier();
    if (before % 2 == 0) {
      memcpy(copy, entry, sizeof *copy);
      pg_read_barrier();
      if (*const_cast<const volatile uint32*>(&entry->sequence) == before) {
        copy->sequence = before;
        return true;
      }
    }
    pg_spin_delay();
  }
  return false;
}

Size SlotRegionSize() {
  const auto backends = static_cast<uint32>(MaxBackends);
  return CACHELINEALIGN(sizeof(SlotArea)) + backends * SlotSize(EntriesFor(backends), RingFor(backends));
}

void SlotAttach(void* base, bool init) {
  area = static_cast<SlotArea*>(base);
  slots_base = static_cast<char*>(base) + CACHELINEALIGN(sizeof(SlotArea));
  if (!init) return;
  area->slots = static_cast<uint32>(MaxBackends);
  area->entries = EntriesFor(area->slots);
  area->ring = RingFor(area->slots);
  area->epoch = 1;
}

}  // namespace steward::store
