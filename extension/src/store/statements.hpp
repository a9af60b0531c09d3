// The statement table: totals of every statement over all backends. Owns lookup, eviction of the least used, and reset.
// Everything here is called with store::Lock() held, exclusively where it says so.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

#include "core/statement_counters.hpp"
#include "store/statement_key.hpp"

namespace steward::store {

struct Statement {
  StatementKey key;
  uint32 next;  // index + 1 in the bucket's chain or the free list
  bool used;
  double usage;  // decays, so that the least used goes first
  uint64 calls_at_decay;
  TimestampTz stats_since;
  core::StatementTotals totals;
};

/// The totals of `key`, made when absent; the least used 5 % go when the table is full. Lock held exclusively.
core::StatementTotals* StatementFor(const StatementKey& key, TimestampTz now);

/// True when `userid` was seen running the statement, at top level or nested. Lock held.
[[nodiscard]] bool HasStatement(Oid userid, Oid dbid, uint64 queryid);

/// The statement of an entry, 0 .. StatementCapacity() - 1; null when it is free. Lock held.
[[nodiscard]] const Statement* StatementAt(uint32 index);

/// The entry of a statement, and the statement of a key; null when there is none. Lock held.
[[nodiscard]] uint32 EntryOf(const Statement& statement);
[[nodiscard]] const Statement* FindStatement(const StatementKey& key);

/// Calls `visit` for each statement. Lock held.
void ForEachStatement(void (*visit)(const StatementKey& key));

/// Copies the statements among the entries [first, first + count) out, returns how many. Lock held. Reading the table in
/// pieces keeps the lock short; a statement that is evicted and comes back meanwhile may be seen twice.
int CopyStatements(Statement* out, int first, int count);

/// For saving, in a process that is alone: puts the statements in order of use, the most used first, and returns how many
/// there are; StatementOfRank(0 ..) has them until the table changes.
uint32 RankStatements();
[[nodiscard]] const Statement* StatementOfRank(uint32 rank);

/// What was saved comes back. Statements that find no room count as evicted. In a process that is alone.
void RestoreStatement(const Statement& saved);
void RestoreStatementStatus(TimestampTz stats_since, uint64 evicted);

/// Drops the statements that match; 0 matches all. Lock held exclusively, slots drained. Returns how many went.
int DropStatements(Oid userid, Oid dbid, uint64 queryid);

/// Plain facts for steward.capture_status. Lock held.
struct StatementTableStatus {
  int statements;
  int capacity;
  uint64 evicted;
  TimestampTz stats_since;
  Size entry_size;
};
[[nodiscard]] StatementTableStatus StatementStatus();

/// The number of entries, readable without the lock.
[[nodiscard]] int StatementCapacity();

/// Starts the status' counts at zero, from `now`. Lock held exclusively.
void RestartStatementStatus(TimestampTz now);

Size StatementRegionSize();
void StatementAttach(void* base, bool init);

}  // namespace steward::store
