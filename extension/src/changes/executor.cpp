// Notes what INSERT, UPDATE, DELETE and MERGE write: the tables that the statement names. Rows of their partitions count for
// them; who watches a partition watches its ancestors.
#include "changes/install.hpp"

#include "changes/collect.hpp"
#include "pg/compat.hpp"

extern "C" {
#include "executor/executor.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"
}

namespace steward::changes {

namespace {

// The next module's hook, or the executor itself.
ExecutorStart_hook_type previous_start = nullptr;

void NoteTargets(const PlannedStmt* plan) {
  ListCell* cell = nullptr;
  foreach (cell, plan->resultRelations) {
    const RangeTblEntry* entry = rt_fetch(static_cast<Index>(lfirst_int(cell)), plan->rtable);
    if (pg::HasOwnPermissions(entry)) NoteChange(entry->relid);
  }
}

pg_noinline void StartWrite(QueryDesc* query, int flags) {
  if ((flags & EXEC_FLAG_EXPLAIN_ONLY) == 0) NoteTargets(query->plannedstmt);
  previous_start(query, flags);
}

// Every statement comes here, and most write nothing.
void OnStart(QueryDesc* query, int flags) {
  if (unlikely(query->plannedstmt->resultRelations != NIL)) return StartWrite(query, flags);
  previous_start(query, flags);
}

}  // namespace

void InstallExecutorHook() {
  previous_start = ExecutorStart_hook != nullptr ? ExecutorStart_hook : standard_ExecutorStart;
  ExecutorStart_hook = OnStart;
}

}  // namespace steward::changes
