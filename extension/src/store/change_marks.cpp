// See change_marks.hpp. A hash table of fixed size with short probe sequences.
#include "store/change_marks.hpp"

#include <algorithm>

#include "store/shmem.hpp"
#include "store/visit_board.hpp"

extern "C" {
#include "access/twophase.h"
#include "port/atomics.h"
#include "storage/latch.h"
#include "utils/timestamp.h"
}

namespace steward::store {

namespace {

constexpr uint32 kRows = 8192;   // a power of two
constexpr uint32 kProbes = 64;   // rows that an object may stand in
constexpr uint64 kFree = 0;      // and so are all behind it
constexpr uint64 kGivenUp = 1;

// What one object or, with OID 0, one database has come to. Every field is written without a lock, but for `key`, which
// is set under the lock.
struct Mark {
  pg_atomic_uint64 key;          // database and object
  pg_atomic_uint64 last;         // number of the last change
  pg_atomic_uint64 last_time;
  pg_atomic_uint64 first;        // time of the first change since the last look
  pg_atomic_uint64 prepared;     // time of the last PREPARE TRANSACTION
  pg_atomic_uint64 direct;       // of a view: ViewLacks
  pg_atomic_uint64 inherited;
  pg_atomic_uint64 any;
  pg_atomic_uint64 rows_change;  // of a view: ViewRows
  pg_atomic_uint64 rows_not_before;
  pg_atomic_uint64 rows_parents;
  pg_atomic_uint64 wake_after;   // of a database: time from the first change to the visit
  pg_atomic_uint64 due;          // of a database: the visit that changes want
  pg_atomic_uint64 latch;        // of a database: whom to wake
};

struct Table {
  pg_atomic_uint64 sequence;
  pg_atomic_uint32 watched;
  pg_atomic_uint32 databases;             // rows that stand, or stood, for a database
  uint32 database_row[kBoardDatabases];
  Mark marks[kRows];
};

Table* table = nullptr;

uint64 KeyOf(Oid dbid, Oid oid) {
  return static_cast<uint64>(dbid) << 32 | oid;
}

uint64 Get(const pg_atomic_uint64& value) {
  return pg_atomic_read_u64(const_cast<pg_atomic_uint64*>(&value));
}

Mark* At(uint64 key, uint32 probe) {
  const uint64 hash = (key ^ key >> 29) * 0x9E3779B97F4A7C15ULL;
  return &table->marks[(static_cast<uint32>(hash >> 40) + probe) % kRows];
}

Mark* Find(uint64 key) {
  for (uint32 probe = 0; probe < kProbes; probe++) {
    Mark* mark = At(key, probe);
    const uint64 there = Get(mark->key);
    if (there == key) return mark;
    if (there == kFree) return nullptr;
  }
  return nullptr;
}

Mark* FindRoom(uint64 key) {
  for (uint32 probe = 0; probe < kProbes; probe++) {
    Mark* mark = At(key, probe);
    if (Get(mark->key) <= kGivenUp) return mark;
  }
  return nullptr;
}

// The row's content, but for the key, for an object that nobody has looked at.
void Clear(Mark* mark) {
  pg_atomic_write_u64(&mark->last, 0);
  pg_atomic_write_u64(&mark->last_time, 0);
  pg_atomic_write_u64(&mark->first, 0);
  pg_atomic_write_u64(&mark->prepared, 0);
  pg_atomic_write_u64(&mark->direct, 0);
  pg_atomic_write_u64(&mark->inherited, 0);
  pg_atomic_write_u64(&mark->any, 0);
  pg_atomic_write_u64(&mark->rows_change, 0);
  pg_atomic_write_u64(&mark->rows_not_before, static_cast<uint64>(core::kNever));
  pg_atomic_write_u64(&mark->rows_parents, 0);
  pg_atomic_write_u64(&mark->wake_after, static_cast<uint64>(core::kNever));
  pg_atomic_write_u64(&mark->due, static_cast<uint64>(core::kNever));
  pg_atomic_write_u64(&mark->latch, 0);
}

// Under the lock.
Mark* Add(uint64 key) {
  Mark* mark = FindRoom(key);
  if (mark == nullptr) return nullptr;
  if (static_cast<Oid>(key) == InvalidOid) {
    const uint32 number = pg_atomic_read_u32(&table->databases);
    uint32 place = 0;
    while (place < number && Get(table->marks[table->database_row[place]].key) > kGivenUp &&
           static_cast<Oid>(Get(table->marks[table->database_row[place]].key)) == InvalidOid)
      place++;
    if (place == kBoardDatabases) return nullptr;
    table->database_row[place] = static_cast<uint32>(mark - table->marks);
    if (place == number) pg_atomic_write_u32(&table->databases, number + 1);
  }
  Clear(mark);
  pg_write_barrier();
  pg_atomic_write_u64(&mark->key, key);
  pg_atomic_fetch_add_u32(&table->watched, 1);
  return mark;
}

// Under the lock.
void GiveUp(Mark* mark) {
  pg_atomic_write_u64(&mark->key, kGivenUp);
  pg_atomic_fetch_sub_u32(&table->watched, 1);
}

Mark* FindOrAdd(uint64 key, bool* fresh) {
  *fresh = false;
  Mark* mark = Find(key);
  if (mark != nullptr) return mark;
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  mark = Find(key);
  *fresh = mark == nullptr;
  if (*fresh) mark = Add(key);
  LWLockRelease(Lock());
  return mark;
}

void Raise(pg_atomic_uint64* value, uint64 to) {
  uint64 known = pg_atomic_read_u64(value);
  while (known < to && !pg_atomic_compare_exchange_u64(value, &known, to)) {
  }
}

void Lower(pg_atomic_uint64* value, uint64 to) {
  uint64 known = pg_atomic_read_u64(value);
  while (known > to && !pg_atomic_compare_exchange_u64(value, &known, to)) {
  }
}

// True when it is the first change since the last look.
bool Change(Mark* mark, uint64 now, ChangeKind kind) {
  if (kind == ChangeKind::kPrepared) Raise(&mark->prepared, now);
  Raise(&mark->last, pg_atomic_add_fetch_u64(&table->sequence, 1));
  if (kind != ChangeKind::kFoundLater) pg_atomic_write_u64(&mark->last_time, now);
  uint64 none = 0;
  return pg_atomic_compare_exchange_u64(&mark->first, &none, now);
}

void SendForWorker(Mark* database, core::Micros now) {
  const auto after = static_cast<core::Micros>(Get(database->wake_after));
  if (after == core::kNever) return;
  Lower(&database->due, static_cast<uint64>(now + after));
  auto* latch = reinterpret_cast<Latch*>(Get(database->latch));
  if (latch != nullptr) SetLatch(latch);
  else BoardWakeLauncher();
}

Mark* DatabaseMark() {
  return Find(KeyOf(MyDatabaseId, InvalidOid));
}

}  // namespace

Size ChangeMarksSize() {
  return sizeof(Table);
}

void ChangeMarksAttach(void* base, bool init) {
  table = static_cast<Table*>(base);
  if (!init) return;
  pg_atomic_init_u64(&table->sequence, 0);
  pg_atomic_init_u32(&table->watched, 0);
  pg_atomic_init_u32(&table->databases, 0);
  for (Mark& mark : table->marks) {
    pg_atomic_uint64* const fields[] = {&mark.key,    &mark.last,      &mark.last_time, &mark.first,
                                        &mark.prepared, &mark.direct,  &mark.inherited, &mark.any,
                                        &mark.rows_change, &mark.rows_not_before, &mark.rows_parents,
                                        &mark.wake_after, &mark.due,   &mark.latch};
    for (pg_atomic_uint64* field : fields) pg_atomic_init_u64(field, 0);
  }
}

void PublishChanges(const ChangedObjects& changed, ChangeKind kind) {
  Mark* database = DatabaseMark();
  if (database == nullptr) return;
  const core::Micros now = GetCurrentTimestamp();
  bool first = changed.everything && Change(database, static_cast<uint64>(now), kind);
  for (int i = 0; i < changed.count; i++) {
    Mark* mark = Find(KeyOf(MyDatabaseId, changed.oids[i]));
    if (mark != nullptr) first |= Change(mark, static_cast<uint64>(now), kind);
  }
  if (first) SendForWorker(database, now);
}

void PublishPrepared() {
  Mark* database = DatabaseMark();
  if (database == nullptr) return;
  const core::Micros now = GetCurrentTimestamp();
  bool first = false;
  for (Mark& mark : table->marks)
    if (Get(mark.key) >> 32 == MyDatabaseId && Get(mark.prepared) != 0)
      first |= Change(&mark, static_cast<uint64>(now), ChangeKind::kNow);
  if (first) SendForWorker(database, now);
}

bool Watch(Oid oid) {
  bool fresh = false;
  if (FindOrAdd(KeyOf(MyDatabaseId, InvalidOid), &fresh) == nullptr) return false;
  Mark* mark = FindOrAdd(KeyOf(MyDatabaseId, oid), &fresh);
  if (mark == nullptr) return false;
  // What has changed until now is not known: to who looked at it before, perhaps in another database, it has.
  if (fresh) Raise(&mark->last, pg_atomic_add_fetch_u64(&table->sequence, 1));
  if (fresh && max_prepared_xacts > 0) Raise(&mark->prepared, static_cast<uint64>(GetCurrentTimestamp()));
  return true;
}

void WatchOnly(const Oid* oids, int count) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  for (Mark& mark : table->marks) {
    const uint64 key = Get(mark.key);
    if (key >> 32 == MyDatabaseId && static_cast<Oid>(key) != InvalidOid &&
        !std::binary_search(oids, oids + count, static_cast<Oid>(key)))
      GiveUp(&mark);
  }
  LWLockRelease(Lock());
}

uint64 ChangeSequence() {
  pg_memory_barrier();
  return Get(table->sequence);
}

uint64 LastChange(Oid oid) {
  const Mark* mark = Find(KeyOf(MyDatabaseId, oid));
  const Mark* database = DatabaseMark();
  if (mark == nullptr || database == nullptr) return UINT64_MAX;
  return Max(Get(mark->last), Get(database->last));
}

core::Micros LastChangeTime(Oid oid) {
  const Mark* mark = Find(KeyOf(MyDatabaseId, oid));
  return mark == nullptr ? 0 : static_cast<core::Micros>(Get(mark->last_time));
}

core::Micros TakeFirstChange(Oid oid) {
  Mark* mark = Find(KeyOf(MyDatabaseId, oid));
  return mark == nullptr ? 0 : static_cast<core::Micros>(pg_atomic_exchange_u64(&mark->first, 0));
}

core::Micros TakeFirstUnknownChange() {
  return TakeFirstChange(InvalidOid);
}

void SettlePrepared(Oid oid, core::Micros oldest) {
  Mark* mark = Find(KeyOf(MyDatabaseId, oid));
  if (mark == nullptr) return;
  uint64 prepared = Get(mark->prepared);
  if (prepared == 0 || static_cast<core::Micros>(prepared) >= oldest) return;
  (void)Change(mark, static_cast<uint64>(GetCurrentTimestamp()), ChangeKind::kNow);
  (void)pg_atomic_compare_exchange_u64(&mark->prepared, &prepared, 0);
}

ViewLacks GetViewLacks(Oid view) {
  const Mark* mark = Find(KeyOf(MyDatabaseId, view));
  if (mark == nullptr) return {0, 0, 0};
  return {static_cast<core::Micros>(Get(mark->direct)), static_cast<core::Micros>(Get(mark->inherited)),
          static_cast<core::Micros>(Get(mark->any))};
}

void SetViewLacks(Oid view, const ViewLacks& lacks) {
  Mark* mark = Find(KeyOf(MyDatabaseId, view));
  if (mark == nullptr) return;
  pg_atomic_write_u64(&mark->direct, static_cast<uint64>(lacks.direct));
  pg_atomic_write_u64(&mark->inherited, static_cast<uint64>(lacks.inherited));
  pg_atomic_write_u64(&mark->any, static_cast<uint64>(lacks.any));
}

ViewRows GetViewRows(Oid view) {
  const Mark* mark = Find(KeyOf(MyDatabaseId, view));
  if (mark == nullptr) return {0, 0, 0};
  const uint64 change = Get(mark->rows_change);
  pg_read_barrier();
  return {change, static_cast<core::Micros>(Get(mark->rows_not_before)), Get(mark->rows_parents)};
}

void SetViewRows(Oid view, const ViewRows& rows) {
  Mark* mark = Find(KeyOf(MyDatabaseId, view));
  if (mark == nullptr) return;
  // Until the number is there, the rows are not told of.
  pg_atomic_write_u64(&mark->rows_not_before, static_cast<uint64>(rows.not_before));
  pg_atomic_write_u64(&mark->rows_parents, rows.parents);
  pg_write_barrier();
  pg_atomic_write_u64(&mark->rows_change, rows.change);
}

void ExpectChanges(Latch* latch) {
  Mark* database = DatabaseMark();
  if (database == nullptr) return;
  pg_atomic_write_u64(&database->latch, reinterpret_cast<uint64>(latch));
  pg_atomic_write_u64(&database->due, static_cast<uint64>(core::kNever));
  pg_memory_barrier();
}

void ExpectNoLonger() {
  Mark* database = DatabaseMark();
  if (database != nullptr) pg_atomic_write_u64(&database->latch, 0);
}

void WakeAfter(core::Micros after) {
  Mark* database = DatabaseMark();
  if (database == nullptr) return;
  pg_atomic_write_u64(&database->wake_after, static_cast<uint64>(after));
  pg_memory_barrier();
}

void WakeIfChanged(Oid oid) {
  Mark* database = DatabaseMark();
  const Mark* mark = Find(KeyOf(MyDatabaseId, oid));
  if (database == nullptr || mark == nullptr) return;
  const uint64 first = Get(mark->first);
  const uint64 after = Get(database->wake_after);
  if (first != 0 && after != static_cast<uint64>(core::kNever)) Lower(&database->due, first + after);
}

core::Micros WantedVisit() {
  const Mark* database = DatabaseMark();
  return database == nullptr ? core::kNever : static_cast<core::Micros>(Get(database->due));
}

void WatchNothing() {
  if (DatabaseMark() == nullptr) return;
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  for (Mark& mark : table->marks)
    if (Get(mark.key) >> 32 == MyDatabaseId) GiveUp(&mark);
  LWLockRelease(Lock());
}

void WatchDatabases(const Oid* databases, int count) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  for (Mark& mark : table->marks) {
    const uint64 key = Get(mark.key);
    if (key > kGivenUp && std::find(databases, databases + count, static_cast<Oid>(key >> 32)) == databases + count)
      GiveUp(&mark);
  }
  LWLockRelease(Lock());
}

void HastenChangedDatabases() {
  const uint32 databases = pg_atomic_read_u32(&table->databases);
  for (uint32 i = 0; i < databases; i++) {
    const Mark& mark = table->marks[table->database_row[i]];
    const uint64 key = Get(mark.key);
    const auto due = static_cast<core::Micros>(Get(mark.due));
    if (key > kGivenUp && static_cast<Oid>(key) == InvalidOid && due != core::kNever)
      BoardHasten(static_cast<Oid>(key >> 32), due);
  }
}

void VisitWatched(void (*visit)(const WatchedObject& object, void* argument), void* argument) {
  const Mark* database = DatabaseMark();
  if (database == nullptr) return;
  for (const Mark& mark : table->marks) {
    const uint64 key = Get(mark.key);
    if (key >> 32 != MyDatabaseId || static_cast<Oid>(key) == InvalidOid) continue;
    visit({static_cast<Oid>(key), Max(Get(mark.last), Get(database->last)), static_cast<core::Micros>(Get(mark.first)),
           static_cast<core::Micros>(Get(mark.any)), BoardBootId()},
          argument);
  }
}

}  // namespace steward::store
