// See classes.hpp.
#include "store/classes.hpp"

extern "C" {
#include "port/atomics.h"
#include "storage/proc.h"
#include "utils/timestamp.h"
}

#include "pg/compat.hpp"
#include "store/shmem.hpp"

namespace steward::store {

ClassEntry* class_entry = nullptr;

namespace {

using core::ClassCounters;
using core::ClassKey;

constexpr uint32 kMaxEntries = 8;

// What was merged so far of one entry.
struct Mirror {
  uint32 tenancy;
  core::ClassSeen seen;
};

struct Area {
  uint32 slots;
  uint32 entries;  // of one slot, the last one for "other"
  uint32 epoch;    // grows with every reset
  pg_atomic_uint64 refused;
  TimestampTz last_refused;
  core::ClassTable table;
};

Area* area = nullptr;
char* slots_base = nullptr;

// This backend's own slot, with the entries' keys repeated in local memory.
struct {
  bool attached;
  uint32 use_clock;
  uint32 last_used[kMaxEntries + 1];
  ClassKey key[kMaxEntries + 1];
  ClassEntry* entries;  // null: no slot for this process
  const Mirror* mirrors;
} own;

// Client backends come first among the server's processes.
uint32 SlotCount() { return static_cast<uint32>(MaxConnections); }

// About 3 kB a connection up to 512 of them, 1 kB beyond.
uint32 EntryCount() { return SlotCount() <= 512 ? kMaxEntries + 1 : 3; }

Size SlotSize(uint32 entries) { return CACHELINEALIGN(entries * (sizeof(ClassEntry) + sizeof(Mirror))); }

ClassEntry* EntriesOf(uint32 slot) {
  return reinterpret_cast<ClassEntry*>(slots_base + slot * SlotSize(area->entries));
}

Mirror* MirrorsOf(ClassEntry* entries) { return reinterpret_cast<Mirror*>(entries + area->entries); }

uint32 Read(const uint32* word) { return *const_cast<const volatile uint32*>(word); }

// ---- the owner's side -----------------------------------------------------------------------------------------------

void Attach() {
  own.attached = true;
  const int proc = pg::OwnProcIndex();
  if (proc < 0 || static_cast<uint32>(proc) >= area->slots) return;
  own.entries = EntriesOf(static_cast<uint32>(proc));
  own.mirrors = MirrorsOf(own.entries);
  for (uint32 i = 0; i < area->entries; i++) own.key[i] = own.entries[i].key;
}

void DrainSlot(ClassEntry* entries, TimestampTz at);

bool TryDrainOwn() {
  if (!LWLockConditionalAcquire(Lock(), LW_EXCLUSIVE)) return false;
  DrainSlot(own.entries, GetCurrentTimestamp());
  LWLockRelease(Lock());
  return true;
}

bool SeenInFull(uint32 entry) { return own.entries[entry].counters.changes == Read(&own.mirrors[entry].seen.changes); }

uint32 LeastRecentlyUsed() {
  uint32 least = 0;
  for (uint32 i = 1; i < area->entries - 1; i++)
    if (own.last_used[i] < own.last_used[least]) least = i;
  return least;
}

void GiveTo(ClassEntry* entry, const ClassKey& key) {
  entry->tenancy++;
  pg_write_barrier();
  entry->key = key;
  memset(entry->counters.count, 0, sizeof entry->counters.count);
  entry->counters.max_ns = 0;
  entry->counters.features = 0;
  pg_write_barrier();
  entry->tenancy++;
}

ClassEntry* Tended(uint32 index) {
  TendClass(&own.entries[index]);
  return &own.entries[index];
}

// ---- the drainer's side, under the lock -----------------------------------------------------------------------------

// Word by word: a counter must not be read in halves while its owner writes it.
void CopyCounters(const ClassCounters& from, ClassCounters* to) {
  static_assert(sizeof from % sizeof(uint64) == 0 && alignof(ClassCounters) == alignof(uint64));
  const auto* source = reinterpret_cast<const volatile uint64*>(&from);
  auto* target = reinterpret_cast<uint64*>(to);
  for (Size i = 0; i < sizeof from / sizeof(uint64); i++) target[i] = source[i];
}

void DrainEntry(const ClassEntry* entry, Mirror* mirror, TimestampTz at) {
  const uint32 changes = Read(&entry->counters.changes);
  if (changes == mirror->seen.changes) return;
  pg_read_barrier();
  const uint32 tenancy = Read(&entry->tenancy);
  pg_read_barrier();
  const ClassKey key = entry->key;
  ClassCounters now;
  CopyCounters(entry->counters, &now);
  now.changes = changes;
  pg_read_barrier();
  // Given away meanwhile, so everything was merged before.
  if (tenancy % 2 != 0 || Read(&entry->tenancy) != tenancy) return;
  core::ClassTable* table = &area->table;
  core::ClassTotals* totals = key.dbid == 0 ? &table->other : core::TotalsFor(table, key, at);
  if (tenancy != mirror->tenancy) memset(mirror->seen.count, 0, sizeof mirror->seen.count);
  core::AddClassDelta(now, mirror->seen, area->epoch, at, totals);
  mirror->tenancy = tenancy;
  // From here on the owner may give the entry to another class.
  pg_memory_barrier();
  core::SeeAll(now, &mirror->seen);
}

void DrainSlot(ClassEntry* entries, TimestampTz at) {
  for (uint32 i = 0; i < area->entries; i++) DrainEntry(&entries[i], &MirrorsOf(entries)[i], at);
}

bool HasChanged(ClassEntry* entries) {
  for (uint32 i = 0; i < area->entries; i++)
    if (Read(&entries[i].counters.changes) != MirrorsOf(entries)[i].seen.changes) return true;
  return false;
}

}  // namespace

ClassEntry* FindClass(Oid session_userid, const char* application_name) {
  if (!own.attached) Attach();
  if (own.entries == nullptr) return nullptr;
  const uint32 other = area->entries - 1;
  uint32 index = 0;
  while (index < other && !core::SameClass(own.key[index], MyDatabaseId, session_userid, application_name)) index++;
  if (index == other) {
    index = LeastRecentlyUsed();
    if (!SeenInFull(index) && !TryDrainOwn()) return Tended(other);
    own.key[index] = core::MakeClassKey(MyDatabaseId, session_userid, application_name);
    GiveTo(&own.entries[index], own.key[index]);
  }
  own.last_used[index] = ++own.use_clock;
  class_entry = Tended(index);
  return class_entry;
}

void TendClass(ClassEntry* entry) { core::StartEpoch(&entry->counters, area->epoch); }

// Slot by slot, so that nobody waits long for the lock.
void DrainClasses() {
  const TimestampTz now = GetCurrentTimestamp();
  for (uint32 i = 0; i < area->slots; i++) {
    ClassEntry* entries = EntriesOf(i);
    if (!HasChanged(entries)) continue;
    LWLockAcquire(Lock(), LW_EXCLUSIVE);
    DrainSlot(entries, now);
    LWLockRelease(Lock());
  }
}

core::ClassTable* Classes() {
  const TimestampTz now = GetCurrentTimestamp();
  for (uint32 i = 0; i < area->slots; i++) DrainSlot(EntriesOf(i), now);
  return &area->table;
}

core::ClassTable* ClassesAsDrained() { return &area->table; }

void CountRefusedConnection() {
  if (area == nullptr) return;
  pg_atomic_fetch_add_u64(&area->refused, 1);
  area->last_refused = GetCurrentTimestamp();
}

RefusedConnections Refused() { return {pg_atomic_read_u64(&area->refused), area->last_refused}; }

void RestoreRefused(const RefusedConnections& refused) {
  pg_atomic_write_u64(&area->refused, refused.count);
  area->last_refused = refused.last;
}

void ResetClasses() {
  memset(Classes(), 0, sizeof area->table);
  RestoreRefused({0, 0});
  area->epoch++;
}

core::ClassTable* CopyClasses() {
  auto* copy = static_cast<core::ClassTable*>(palloc(sizeof(core::ClassTable)));
  LWLockAcquire(Lock(), LW_SHARED);
  memcpy(copy, &area->table, sizeof *copy);
  LWLockRelease(Lock());
  return copy;
}

Size ClassRegionSize() { return CACHELINEALIGN(sizeof(Area)) + SlotCount() * SlotSize(EntryCount()); }

void ClassAttach(void* base, bool init) {
  static_assert(core::kApplicationNameSize == NAMEDATALEN);
  area = static_cast<Area*>(base);
  slots_base = static_cast<char*>(base) + CACHELINEALIGN(sizeof(Area));
  if (!init) return;
  area->slots = SlotCount();
  area->entries = EntryCount();
  area->epoch = 1;
  pg_atomic_init_u64(&area->refused, 0);
}

}  // namespace steward::store
