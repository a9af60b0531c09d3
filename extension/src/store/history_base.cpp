// See history_base.hpp. A statement's counters are cumulative; its base is what of them was taken. Taking moves the
// base forward at once, not at commit, so that an entry that changes hands meanwhile is counted exactly once.
#include "store/history_base.hpp"

#include <algorithm>

#include "settings.hpp"
#include "store/shmem.hpp"
#include "store/statements.hpp"
#include "store/visit_board.hpp"

extern "C" {
#include "utils/timestamp.h"
}

namespace steward::store {

namespace {

// Short pieces keep the lock short.
constexpr int kPiece = 128;

struct Base {
  uint32 tenancy;  // counts the statements that had this entry
  core::HistoryCounters taken;
};

struct Database {
  TimestampTz interval_start;  // of the interval that is going on
  HistoryClock clock;
  core::HistoryCounters rest;
};

// Apart from the databases, so that a search reads little.
struct Directory {
  int32 used;
  Oid dbid[kBoardDatabases];  // InvalidOid: a free row
};

Directory* directory = nullptr;
Database* databases = nullptr;  // parallel to the directory
Base* bases = nullptr;          // parallel to the statement table
const core::HistoryCounters kNothing{};

Database* Find(Oid dbid) {
  for (int i = 0; i < directory->used; i++)
    if (directory->dbid[i] == dbid) return &databases[i];
  return nullptr;
}

// A database that is gone leaves its row behind; it has the oldest interval.
Database* Add(Oid dbid, TimestampTz now) {
  Database* row = Find(InvalidOid);
  if (row == nullptr && directory->used < kBoardDatabases) row = &databases[directory->used++];
  if (row == nullptr)
    row = std::min_element(databases, databases + kBoardDatabases,
                           [](const Database& a, const Database& b) { return a.interval_start < b.interval_start; });
  directory->dbid[row - databases] = dbid;
  *row = Database{now, HistoryClock{now + settings.history_interval_s * USECS_PER_SEC, false, 0, 0}, kNothing};
  return row;
}

// The statement of an entry, if it is of this database and has something to take.
const Statement* Due(uint32 index, Oid dbid) {
  const Statement* statement = StatementAt(index);
  if (statement == nullptr || statement->key.dbid != dbid) return nullptr;
  return core::HasHistory(statement->totals, bases[index].taken) ? statement : nullptr;
}

// Calls visit(first, end) for pieces of the statement table, under the lock.
template <typename Visit>
void InPieces(LWLockMode mode, Visit visit) {
  const auto capacity = static_cast<uint32>(StatementCapacity());
  for (uint32 first = 0; first < capacity; first += kPiece) {
    LWLockAcquire(Lock(), mode);
    visit(first, std::min(first + kPiece, capacity));
    LWLockRelease(Lock());
  }
}

// Marks the entries whose statements get items of their own.
void Choose(Oid dbid, int top, core::RankedStatement* ranked, bool* chosen) {
  int count = 0;
  InPieces(LW_SHARED, [&](uint32 first, uint32 end) {
    for (uint32 i = first; i < end; i++)
      if (const Statement* statement = Due(i, dbid))
        ranked[count++] = {core::TimeSince(statement->totals, bases[i].taken), i};
  });
  const int kept = core::KeepTop(ranked, count, top);
  for (int i = 0; i < kept; i++) chosen[ranked[i].index] = true;
}

void TakeEntry(uint32 index, const Statement& statement, bool as_item, HistoryBatch* batch) {
  Base& base = bases[index];
  core::HistoryCounters now;
  core::TakeHistoryCounters(statement.totals, &now);
  core::HistoryCounters delta = now;
  core::SubtractHistory(base.taken, &delta);
  base.taken = now;
  if (as_item) {
    batch->items[batch->count++] = HistoryItem{statement.key, index, base.tenancy, delta};
  } else {
    core::AddHistory(delta, &batch->rest);
    batch->others++;
  }
}

// The database's interval ends now. False: its first one begins.
bool EndInterval(HistoryBatch* batch) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  batch->end = GetCurrentTimestamp();
  Database* row = Find(batch->dbid);
  const bool known = row != nullptr;
  if (!known) row = Add(batch->dbid, batch->end);
  // The clock may have been set back.
  batch->start = std::min(row->interval_start, batch->end);
  row->interval_start = batch->end;
  core::AddHistory(row->rest, &batch->rest);
  row->rest = kNothing;
  LWLockRelease(Lock());
  return known;
}

}  // namespace

bool TakeHistory(Oid dbid, int top, HistoryBatch* batch) {
  const auto capacity = static_cast<Size>(StatementCapacity());
  constexpr int kFlags = MCXT_ALLOC_HUGE;
  auto* ranked = static_cast<core::RankedStatement*>(palloc_extended(sizeof(core::RankedStatement) * capacity, kFlags));
  auto* chosen = static_cast<bool*>(palloc_extended(capacity, kFlags | MCXT_ALLOC_ZERO));
  memset(static_cast<void*>(batch), 0, sizeof *batch);
  batch->dbid = dbid;
  batch->items = static_cast<HistoryItem*>(palloc_extended(sizeof(HistoryItem) * static_cast<Size>(top), kFlags));
  Choose(dbid, top, ranked, chosen);
  InPieces(LW_EXCLUSIVE, [&](uint32 first, uint32 end) {
    for (uint32 i = first; i < end; i++)
      if (const Statement* statement = Due(i, dbid)) TakeEntry(i, *statement, chosen[i], batch);
  });
  const bool known = EndInterval(batch);
  pfree(ranked);
  pfree(chosen);
  return known;
}

void ReturnHistory(const HistoryBatch& batch) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  Database* row = Find(batch.dbid);
  for (int i = 0; i < batch.count; i++) {
    const HistoryItem& item = batch.items[i];
    if (bases[item.index].tenancy == item.tenancy)
      core::SubtractHistory(item.delta, &bases[item.index].taken);
    else if (row != nullptr)
      core::AddHistory(item.delta, &row->rest);
  }
  if (row != nullptr) {
    core::AddHistory(batch.rest, &row->rest);
    row->interval_start = std::min(row->interval_start, batch.start);
  }
  LWLockRelease(Lock());
}

void HistoryStatementGone(uint32 index, const Statement& statement) {
  Base& base = bases[index];
  if (Database* row = core::HasHistory(statement.totals, base.taken) ? Find(statement.key.dbid) : nullptr)
    core::AddHistorySince(base.taken, statement.totals, &row->rest);
  base.taken = kNothing;
  base.tenancy++;
}

bool GetHistoryClock(Oid dbid, HistoryClock* clock) {
  LWLockAcquire(Lock(), LW_SHARED);
  const Database* row = Find(dbid);
  *clock = row != nullptr ? row->clock : HistoryClock{};
  LWLockRelease(Lock());
  return row != nullptr;
}

void SetHistoryDue(Oid dbid, TimestampTz next_due, bool failing) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  if (Database* row = Find(dbid)) {
    row->clock.next_due = next_due;
    row->clock.failing = failing;
  }
  LWLockRelease(Lock());
}

void SetHistoryTexts(Oid dbid, TimestampTz next_tidy, uint64 bytes) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  if (Database* row = Find(dbid)) {
    row->clock.next_tidy = next_tidy;
    row->clock.text_bytes = bytes;
  }
  LWLockRelease(Lock());
}

void AddHistoryTexts(Oid dbid, uint64 bytes) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  if (Database* row = Find(dbid)) row->clock.text_bytes += bytes;
  LWLockRelease(Lock());
}

void ForgetHistory(Oid dbid) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  if (Database* row = Find(dbid)) directory->dbid[row - databases] = InvalidOid;
  LWLockRelease(Lock());
}

uint32 HistoryRows() {
  return static_cast<uint32>(directory->used);
}

bool HistoryDatabaseAt(uint32 index, HistoryDatabase* out) {
  const Database& row = databases[index];
  const Oid dbid = directory->dbid[index];
  *out = HistoryDatabase{dbid, row.interval_start, row.clock.next_due, row.clock.text_bytes, row.rest};
  return OidIsValid(dbid);
}

const core::HistoryCounters& HistoryTaken(const Statement& statement) {
  return bases[EntryOf(statement)].taken;
}

void RestoreHistoryDatabase(const HistoryDatabase& saved) {
  Database* row = Find(saved.dbid);
  if (row == nullptr) row = Add(saved.dbid, saved.interval_start);
  row->clock = HistoryClock{saved.next_due, false, 0, saved.text_bytes};
  row->rest = saved.rest;
}

void RestoreHistoryTaken(const Statement& statement, const core::HistoryCounters& taken) {
  bases[EntryOf(statement)].taken = taken;
}

Size HistoryRegionSize() {
  return MAXALIGN(sizeof(Directory)) + MAXALIGN(sizeof(Database) * kBoardDatabases) +
         sizeof(Base) * static_cast<Size>(settings.max_statements);
}

void HistoryAttach(void* base, [[maybe_unused]] bool init) {
  auto* next = static_cast<char*>(base);
  directory = reinterpret_cast<Directory*>(next);
  next += MAXALIGN(sizeof(Directory));
  databases = reinterpret_cast<Database*>(next);
  bases = reinterpret_cast<Base*>(next + MAXALIGN(sizeof(Database) * kBoardDatabases));
}

}  // namespace steward::store
