// What the executor hooks tell about plans: seen, done, failed. Decides what of a plan is kept; how plans are read is plan_walk's
// and predicate_walk's business, where they are kept is store's. Every function here is C-shaped and never fails the user's
// statement.
#pragma once

#include "pg/compat.hpp"
#include "pg/postgres.hpp"
#include "pg/usage.hpp"
#include "settings.hpp"
#include "store/plans.hpp"
#include "store/statement_key.hpp"

extern "C" {
#include "executor/execdesc.h"
#include "nodes/plannodes.h"
}

namespace steward::capture {

/// How an execution ended.
struct ExecutionEnd {
  store::StatementKey key;
  uint64 planid;  // from PlanSeen; 0: none
  uint64 exec_ns;
  uint64 plan_ns;  // 0: this execution was not planned
  uint64 rows;
  const pg::ResourceUsage* usage;
  int sqlstate;   // of a failure
  bool canceled;  // the failure was a cancel or a shutdown
};

/// Instrument options to add to an execution's own, 0 for none: not 0 only for the run after a slow one of the same statement.
/// To be asked before standard_ExecutorStart where store::Armed() says so.
[[nodiscard]] int ChooseInstrumentation();

/// What this backend remembers of a plan, by the plan's address. A cached plan keeps its address; the query id and the cost
/// tell a plan that was freed from another one at the same place. Another plan may take the place at any time.
struct PlanMemory {
  const PlannedStmt* statement;
  uint64 queryid;
  double total_cost;
  uint64 planid;
  uint64 generation;  // of the plan table when the plan was last seen to be dealt with
  Oid userid;
  uint32 sights;      // since then, this one included
  uint32 entry_hint;  // where the slot had the statement last
  bool long_running;  // worth measuring CPU time of each execution
};
inline constexpr uint32 kPlanMemories = 256;
inline constexpr uint32 kSightsBetweenChecks = 4096;
extern STEWARD_LOCAL PlanMemory plan_memories[kPlanMemories];

inline PlanMemory* PlanMemoryAt(const PlannedStmt* statement) {
  return &plan_memories[(reinterpret_cast<uintptr_t>(statement) >> 6) % kPlanMemories];
}

/// The first look of PlanSeen: true when the plan was dealt with before. After kSightsBetweenChecks PlanSeen is to be asked.
inline bool PlanSurelySeen(PlanMemory* memory, const PlannedStmt* statement, uint64 queryid, Oid userid) {
  if (memory->statement != statement || memory->queryid != queryid || memory->userid != userid ||
      memory->total_cost != statement->planTree->total_cost || memory->generation != store::PlansGeneration())
    return false;
  memory->sights++;
  return true;
}

/// At ExecutorStart, after standard_ExecutorStart: what is known of the plan, null where plans are not wanted. The first time
/// that this backend sees the plan, its predicates are collected unless they are stored already.
[[nodiscard]] PlanMemory* PlanSeen(const store::StatementKey& key, QueryDesc* query);

/// True when the duration makes an execution slow.
inline bool IsSlow(uint64 exec_ns) {
  return unlikely(exec_ns >= settings.slow_min_ns);
}

/// At ExecutorEnd of a slow or an armed execution, before standard_ExecutorEnd: keeps it with its plan, and what it measured
/// where it was instrumented.
void StatementDone(const ExecutionEnd& end, QueryDesc* query);

/// After a utility statement: keeps a slow one. It has no plan of its own.
void UtilityDone(const ExecutionEnd& end);

/// From an abort callback: keeps a slow execution that failed. Needs no QueryDesc and allocates nothing.
void StatementFailed(const ExecutionEnd& end);

}  // namespace steward::capture
