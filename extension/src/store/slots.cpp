// Layout of the slots and the owner's side of the protocol. See slots.hpp.
#include "store/slots.hpp"

extern "C" {
#include "access/xact.h"
#include "port/atomics.h"
#include "storage/bufmgr.h"
#include "storage/proc.h"
}

#include "store/drain.hpp"

namespace steward::store {

namespace {

using core::SlotCounters;

constexpr uint32 kWays = 4;
// 16-bit buckets wrap after 65,536 counts; the owner asks for a drain long before.
constexpr uint32 kUpdatesBetweenDrains = 16384;

SlotArea* area = nullptr;
char* slots_base = nullptr;

// This backend's own slot. Tags repeat the entries' keys in local memory, packed for the probe.
struct Own {
  bool attached;
  bool ready;  // attached, and there is a slot
  uint32 index;
  uint32 drained;  // slot->changes when this backend last drained itself
  Slot* slot;
  SlotEntry* entries;
  Evicted* ring;
};
Own own;

constexpr uint32 kMaxEntries = 64;
StatementKey tags[kMaxEntries];
uint32 last_used[kMaxEntries];

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

void Attach() {
  own.attached = true;
  const int proc = pg::OwnProcIndex();
  if (proc < 0 || static_cast<uint32>(proc) >= area->slots) return;
  own.index = static_cast<uint32>(proc);
  own.slot = SlotAt(own.index);
  own.entries = EntriesOf(own.index);
  own.ring = RingOf(own.index);
  for (uint32 i = 0; i < area->entries; i++) {
    // A predecessor that died between two stores left an odd counter.
    if (own.entries[i].sequence % 2 != 0) own.entries[i].sequence++;
    tags[i] = own.entries[i].key;
  }
  own.drained = own.slot->changes;
  own.ready = true;
}

// Moves a tenant's counters to the ring. False when there is no room and the store is busy.
bool Evict(uint32 index) {
  SlotEntry& entry = own.entries[index];
  if (own.slot->ring_written - own.slot->ring_read >= area->ring / 4) TryDrainRing(own.index);
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

constexpr uint32 kFresh = 0x80000000;  // flag: the entry has a new tenant

// The entry for `key`, taken over from the least recently used of its set when it has none. kNoHint when it cannot be.
pg_noinline uint32 Probe(const StatementKey& key) {
  if (!own.attached) Attach();
  if (!own.ready) return kNoHint;
  const uint32 sets = area->entries / kWays;
  const uint32 first = (HashOf(key) & (sets - 1)) * kWays;
  uint32 oldest = first;
  for (uint32 i = first; i < first + kWays; i++) {
    if (tags[i] == key) return i;
    if (Rank(i) < Rank(oldest)) oldest = i;
  }
  if (tags[oldest].queryid != 0 && !Evict(oldest)) {
    own.slot->lost++;
    return kNoHint;
  }
  tags[oldest] = key;
  return oldest | kFresh;
}

pg_noinline void DrainOwn() {
  if (TryDrainSlot(own.index)) own.drained = own.slot->changes;
}

// Opens the entry at `index` for writing, from zero when it has a new tenant. Its counter is odd until Close.
inline SlotEntry* Begin(uint32 index) {
  SlotEntry* entry = &own.entries[index & ~kFresh];
  Slot* slot = own.slot;
  last_used[index & ~kFresh] = slot->changes;
  entry->sequence++;
  pg_write_barrier();
  if (unlikely((index & kFresh) != 0)) {
    entry->tenancy++;
    entry->key = tags[index & ~kFresh];
    memset(&entry->counters, 0, sizeof entry->counters);
  }
  return entry;
}

inline void Close(SlotEntry* entry) {
  pg_write_barrier();
  entry->sequence++;
  const uint32 changes = ++own.slot->changes;
  if (unlikely(changes - own.drained >= kUpdatesBetweenDrains)) DrainOwn();
}

// Opens the entry of `key`; null when nothing can be counted.
SlotEntry* Open(const StatementKey& key) {
  const uint32 index = Probe(key);
  return index == kNoHint ? nullptr : Begin(index);
}

// A statement with more plans than an entry has places for begins a new tenancy; its counters so far go to the ring.
pg_noinline core::PlanCount* MakePlace(SlotEntry* entry, uint64 planid) {
  const auto index = static_cast<uint32>(entry - own.entries);
  Close(entry);
  Begin(Evict(index) ? index | kFresh : index);
  return core::PlaceOf(&entry->counters, planid);
}

inline void CountPlan(SlotEntry* entry, uint64 planid, uint64 exec_ns) {
  core::PlanCount* plan = core::PlaceOf(&entry->counters, planid);
  if (unlikely(plan == nullptr)) plan = MakePlace(entry, planid);
  if (unlikely(plan == nullptr)) return;
  plan->calls++;
  plan->exec_ns += exec_ns;
}

static_assert(core::kWalBuffersFull - core::kSharedHit + 1 == pg::kUsageCount);

inline void AddRange(uint64* count, const pg::ResourceUsage& usage, int first, int last) {
  for (int i = first; i <= last; i++) count[i] += usage.value[i];
}

// Block counts nearly always; the rest where there is some.
inline void AddUsage(SlotCounters* counters, const pg::ResourceUsage& usage) {
  uint64* count = counters->count + core::kSharedHit;
  pg::AddAll<pg::kBlockCounts>(count, usage.value);
  if (unlikely(usage.timed)) AddRange(count, usage, pg::kSharedReadNs, pg::kTempWriteNs);
  if (usage.value[pg::kWalRecords] != 0) AddRange(count, usage, pg::kWalRecords, pg::kWalBuffersFull);
}

pg_noinline void AddJit(SlotCounters* counters, const pg::JitUsage& jit) {
  static_assert(core::kJitDeformNs - core::kJitFunctions + 1 == pg::kJitUsageCount);
  for (int i = 0; i < pg::kJitUsageCount; i++) counters->count[core::kJitFunctions + i] += jit.value[i];
}

}  // namespace

void RecordExecution(Execution* execution, const pg::JitUsage* jit) {
  uint32 index = execution->entry_hint;
  if (unlikely(index >= kMaxEntries || !(tags[index] == execution->key))) {
    index = Probe(execution->key);
    if (unlikely(index == kNoHint)) {
      if (execution->count_planning) CountLost();  // two events are lost at once
      return;
    }
    execution->entry_hint = index & ~kFresh;
  }
  SlotEntry* entry = Begin(index);
  if (likely(execution->planid != 0)) CountPlan(entry, execution->planid, execution->exec_ns);
  SlotCounters* counters = &entry->counters;
  if (execution->count_planning) core::CountPlanning(counters, execution->plan_ns, area->epoch);
  core::CountExecution(counters, execution->exec_ns, area->epoch);
  counters->count[core::kRows] += execution->rows;
  counters->count[core::kInnerCalls + static_cast<int>(execution->origin)]++;
  AddUsage(counters, execution->usage);
  if (unlikely(jit != nullptr)) AddJit(counters, *jit);
  if (unlikely(execution->cpu_ns != 0)) {
    counters->count[core::kCpuNs] += execution->cpu_ns;
    counters->count[core::kCpuExecNs] += execution->exec_ns;
  }
  counters->last_call = GetCurrentStatementStartTimestamp();
  Close(entry);
}

void RecordPlanning(const StatementKey& key, uint64 plan_ns, const pg::ResourceUsage& usage) {
  SlotEntry* entry = Open(key);
  if (entry == nullptr) return;
  core::CountPlanning(&entry->counters, plan_ns, area->epoch);
  AddUsage(&entry->counters, usage);
  Close(entry);
}

void RecordFailure(const StatementKey& key, bool canceled, int sqlstate) {
  SlotEntry* entry = Open(key);
  if (entry == nullptr) return;
  entry->counters.count[canceled ? core::kCanceledCalls : core::kFailedCalls]++;
  entry->counters.last_sqlstate = sqlstate;
  Close(entry);
}

void CountLost() {
  if (!own.attached) Attach();
  if (own.ready) own.slot->lost++;
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
