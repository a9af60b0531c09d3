// Layout of the slots, and the owner's side of the protocol as far as it is not hot. See slots.hpp and slot_writer.hpp.
#include "store/slots.hpp"

extern "C" {
#include "access/xact.h"
#include "port/atomics.h"
#include "storage/bufmgr.h"
#include "storage/proc.h"
}

#include "store/drain.hpp"
#include "store/slot_writer.hpp"

namespace steward::store {

using detail::kMaxEntries;
using detail::own;
using detail::tags;

namespace detail {
OwnSlot own;
StatementKey tags[kMaxEntries];
uint32 last_used[kMaxEntries];
SlotArea* area = nullptr;
}  // namespace detail

using detail::area;

namespace {

constexpr uint32 kWays = 4;
constexpr uint32 kNoEntry = ~uint32{0};
constexpr uint32 kFresh = 0x80000000;  // flag of an index: the entry has a new tenant

char* slots_base = nullptr;

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
uint64 Rank(uint32 index) { return tags[index].queryid == 0 ? 0 : 1 + static_cast<uint64>(detail::last_used[index]); }

// The entry for `key`, taken over from the least recently used of its set when it has none. kNoEntry when it cannot be.
uint32 Probe(const StatementKey& key) {
  if (!own.attached) Attach();
  if (!own.ready) return kNoEntry;
  const uint32 sets = area->entries / kWays;
  const uint32 first = (HashOf(key) & (sets - 1)) * kWays;
  uint32 oldest = first;
  for (uint32 i = first; i < first + kWays; i++) {
    if (tags[i] == key) return i;
    if (Rank(i) < Rank(oldest)) oldest = i;
  }
  if (tags[oldest].queryid != 0 && !Evict(oldest)) {
    own.slot->lost++;
    return kNoEntry;
  }
  tags[oldest] = key;
  return oldest | kFresh;
}

// Opens the entry at `index` for its new tenant.
void BeginTenancy(uint32 index) {
  SlotEntry* entry = detail::BeginWrite(index);
  entry->tenancy++;
  entry->key = tags[index];
  memset(&entry->counters, 0, sizeof entry->counters);
}

}  // namespace

SlotEntry* detail::Open(const StatementKey& key, uint32* hint) {
  const uint32 found = Probe(key);
  if (found == kNoEntry) return nullptr;
  const uint32 index = found & ~kFresh;
  if (found != index)
    BeginTenancy(index);
  else
    BeginWrite(index);
  *hint = index;
  return &own.entries[index];
}

void detail::DrainOwn() {
  if (TryDrainSlot(own.index)) own.drained = own.slot->changes;
}

core::PlanCount* detail::LaterPlace(SlotEntry* entry, uint64 planid) {
  core::PlanCount* place = core::PlaceOf(&entry->counters, planid);
  if (place != nullptr) return place;
  const auto index = static_cast<uint32>(entry - own.entries);
  EndWrite(entry);
  if (Evict(index))
    BeginTenancy(index);
  else
    BeginWrite(index);
  return core::PlaceOf(&entry->counters, planid);
}

void detail::AddAllUsage(core::SlotCounters* counters, const pg::ResourceUsage& usage) {
  const auto add = [&](int first, int last) {
    for (int i = first; i <= last; i++) counters->count[core::kSharedHit + i] += usage.value[i];
  };
  if ((usage.set & pg::kUsageReads) != 0) add(pg::kSharedHit, pg::kSharedRead);
  if ((usage.set & pg::kUsageAll) != 0) {
    add(pg::kSharedDirtied, pg::kTempWritten);
    add(pg::kWalRecords, pg::kWalBuffersFull);
  }
  if (pg::IsTimed(usage)) add(pg::kSharedReadNs, pg::kTempWriteNs);
}

void detail::AddExtras(core::SlotCounters* counters, const pg::ExtraUsage& extras) {
  for (int i = 0; i < pg::kExtraCount; i++) counters->count[core::kJitFunctions + i] += extras.value[i];
}

void RecordPlanning(const StatementKey& key, uint64 plan_ns, const pg::ResourceUsage* usage) {
  uint32 index = 0;
  SlotEntry* entry = detail::Open(key, &index);
  if (entry == nullptr) return;
  core::CountPlanning(&entry->counters, plan_ns, area->epoch);
  if (usage != nullptr) detail::AddAllUsage(&entry->counters, *usage);
  detail::EndWrite(entry);
}

void RecordFailure(const StatementKey& key, bool canceled, int sqlstate) {
  uint32 index = 0;
  SlotEntry* entry = detail::Open(key, &index);
  if (entry == nullptr) return;
  entry->counters.count[canceled ? core::kCanceledCalls : core::kFailedCalls]++;
  entry->counters.last_sqlstate = sqlstate;
  detail::EndWrite(entry);
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
