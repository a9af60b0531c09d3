// What the executor hooks tell about plans: seen, done, failed. Decides what of a plan is kept; how plans are read is plan_walk's
// and predicate_walk's business, where they are kept is store's. Every function here is C-shaped and never fails the user's
// statement.
#pragma once

#include "pg/compat.hpp"
#include "pg/postgres.hpp"
#include "store/statement_key.hpp"

extern "C" {
#include "executor/execdesc.h"
}

namespace steward::capture {

/// How an execution ended. Times in milliseconds; plan_time_ms is negative when this execution was not planned.
struct ExecutionEnd {
  store::StatementKey key;
  uint64 planid;  // from PlanSeen; 0: none
  double exec_time_ms;
  double plan_time_ms;
  uint64 rows;
  const pg::ResourceUsage* usage;
  int sqlstate;   // of a failure
  bool canceled;  // the failure was a cancel or a shutdown
};

/// At ExecutorStart, before standard_ExecutorStart: instrument options to add to the execution's own, 0 for none. Not 0 only
/// for the run after a slow one of the same statement.
[[nodiscard]] int ChooseInstrumentation(uint64 queryid);

/// At ExecutorStart, after standard_ExecutorStart: the plan's id. The first time that this backend sees the plan, its
/// predicates are collected unless they are stored already. Later sights of the same plan cost a look into a local cache.
[[nodiscard]] uint64 PlanSeen(const store::StatementKey& key, QueryDesc* query);

/// At ExecutorEnd, before standard_ExecutorEnd: keeps a slow execution and its plan, and what an instrumented one measured.
/// Two comparisons for any other.
void StatementDone(const ExecutionEnd& end, QueryDesc* query);

/// After a utility statement: keeps a slow one. It has no plan of its own.
void UtilityDone(const ExecutionEnd& end);

/// From an abort callback: keeps a slow execution that failed. Needs no QueryDesc and allocates nothing.
void StatementFailed(const ExecutionEnd& end);

}  // namespace steward::capture
