// Up to where the counters of each statement are in history already, and per database what a statement that went away
// had not written yet. Owns the taking of intervals and the giving back; what becomes of them is history's business.
#pragma once

#include "core/history_counters.hpp"
#include "pg/postgres.hpp"
#include "store/statement_key.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace steward::store {

struct Statement;

/// One statement's share of an interval.
struct HistoryItem {
  StatementKey key;
  uint32 index;    // of its entry in the statement table
  uint32 tenancy;  // of that entry
  core::HistoryCounters delta;
};

/// What happened in one database since its last interval.
struct HistoryBatch {
  Oid dbid;
  TimestampTz start;
  TimestampTz end;
  int count;
  HistoryItem* items;          // the statements with the most time, in no order
  core::HistoryCounters rest;  // of all others, and of those that were evicted or reset meanwhile
  int64 others;                // how many other statements there were
};

/// Fills `batch` with what the merged counters have since the last interval of `dbid`, with up to `top` items, and
/// begins the next one. What was taken is in no later batch, unless it is given back. False when the database had no
/// interval yet: its first one begins now, and nothing was taken. Drain before. Raises only before anything was taken;
/// items are palloc'ed.
[[nodiscard]] bool TakeHistory(Oid dbid, int top, HistoryBatch* batch);

/// Puts a batch back that could not be written: the next one has it. Of statements that are gone, and of `rest`, as
/// `rest`. Takes store::Lock(); allocates nothing.
void ReturnHistory(const HistoryBatch& batch);

/// A statement leaves its entry, by eviction or reset: what it has not written becomes part of its database's rest. For
/// the statement table; store::Lock() held exclusively.
void HistoryStatementGone(uint32 index, const Statement& statement);

/// What is remembered of a database between visits.
struct HistoryClock {
  TimestampTz next_due;   // when the worker writes next; 0: at once
  bool failing;           // its last attempt failed, and that was logged
  TimestampTz next_tidy;  // when texts are tidied next; 0: at once
  uint64 text_bytes;      // about, of the texts in history
};
/// False when the database had no interval yet; the clock is zeroes then.
[[nodiscard]] bool GetHistoryClock(Oid dbid, HistoryClock* clock);
/// These do nothing when the database had no interval yet.
void SetHistoryDue(Oid dbid, TimestampTz next_due, bool failing);
void SetHistoryTexts(Oid dbid, TimestampTz next_tidy, uint64 bytes);
void AddHistoryTexts(Oid dbid, uint64 bytes);

/// The database has no history any more.
void ForgetHistory(Oid dbid);

/// For saving, in a process that is alone: row `index`, 0 .. HistoryRows() - 1, false when it is free; and what of a
/// statement was taken.
struct HistoryDatabase {
  Oid dbid;
  TimestampTz interval_start;  // of the interval that is going on
  TimestampTz next_due;
  uint64 text_bytes;
  core::HistoryCounters rest;  // of statements that went away during it
};
[[nodiscard]] uint32 HistoryRows();
[[nodiscard]] bool HistoryDatabaseAt(uint32 index, HistoryDatabase* out);
[[nodiscard]] const core::HistoryCounters& HistoryTaken(const Statement& statement);

/// What was saved comes back: databases, and after the statements what of them was taken. In a process that is alone.
void RestoreHistoryDatabase(const HistoryDatabase& saved);
void RestoreHistoryTaken(const Statement& statement, const core::HistoryCounters& taken);

Size HistoryRegionSize();
void HistoryAttach(void* base, bool init);

}  // namespace steward::store
