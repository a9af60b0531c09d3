// See run_statement.hpp.
#include "whatif/run_statement.hpp"

#include <algorithm>

#include "pg/clock.hpp"
#include "pg/compat.hpp"
#include "pg/query_walk.hpp"
#include "whatif/plan_indexes.hpp"

extern "C" {
#include "catalog/pg_class.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
}

namespace steward::whatif {

namespace {

// What is shorter than this is run again, until so much time has gone or so many runs.
constexpr double kLongEnough = 5;  // milliseconds
constexpr int kMostRuns = 50;

bool Writes(Node* node, void* context) {
  if (node == nullptr) return false;
  check_stack_depth();
  if (!IsA(node, Query)) return pg::WalkChildren(node, Writes, context);
  auto* query = castNode(Query, node);
  return query->commandType != CMD_SELECT || query->rowMarks != NIL || query->hasModifyingCTE ||
         pg::WalkQueryTree(query, Writes, context, 0);
}

bool IsInterpreted(Oid function, void* /*context*/) {
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for function %u", function);
  const Oid language = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple))->prolang;
  ReleaseSysCache(tuple);
  return language != INTERNALlanguageId && language != ClanguageId;
}

bool Interprets(Node* node, void* context) {
  if (node == nullptr) return false;
  check_stack_depth();
  if (IsA(node, Query)) return pg::WalkQueryTree(castNode(Query, node), Interprets, context, 0);
  if (IsA(node, CoerceToDomain) || check_functions_in_node(node, IsInterpreted, context)) return true;
  return pg::WalkChildren(node, Interprets, context);
}

// Tables elsewhere: reading them is a matter of their servers, with effects that end in no transaction of ours.
void RequireLocal(const PlannedStmt* plan) {
  const ListCell* cell = nullptr;
  foreach (cell, plan->rtable)
    if (lfirst_node(RangeTblEntry, cell)->relkind == RELKIND_FOREIGN_TABLE)
      ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("the statement reads a foreign table")));
}

double RunOnce(PlannedStmt* plan, ParamListInfo values, uint64* rows) {
  PushActiveSnapshot(GetTransactionSnapshot());
  QueryDesc* desc = CreateQueryDesc(plan, "", GetActiveSnapshot(), InvalidSnapshot, None_Receiver, values, nullptr, 0);
  const uint64 start = pg::NowNs();
  ExecutorStart(desc, 0);
  STEWARD_EXECUTOR_RUN_TO_END(desc);
  *rows = desc->estate->es_processed;
  ExecutorFinish(desc);
  ExecutorEnd(desc);
  const uint64 end = pg::NowNs();
  FreeQueryDesc(desc);
  PopActiveSnapshot();
  return static_cast<double>(end - start) / 1e6;
}

}  // namespace

void RequireReader(const List* queries) {
  auto* query = list_length(queries) == 1 ? linitial_node(Query, queries) : nullptr;
  if (query == nullptr || Writes(reinterpret_cast<Node*>(query), nullptr))
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("the statement writes or locks rows")));
  if (contain_volatile_functions(reinterpret_cast<Node*>(query)))
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("the statement calls a volatile function, which may write")));
  // A superuser's function may belong to him and still read, by name, views that others can change.
  if (superuser() && Interprets(reinterpret_cast<Node*>(query), nullptr))
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("a superuser's statement is only run where all its functions are compiled ones"),
                    errhint("Run it once as a role that is not a superuser.")));
}

Run RunStatement(const List* queries, ParamListInfo values, const Configuration& configuration, bool execute) {
  auto* query = castNode(Query, copyObjectImpl(linitial(queries)));
  ParamListInfo token = values != nullptr ? values : makeParamList(0);
  const ActiveConfiguration before = BeginConfiguration({&configuration, token, nullptr});
  PlannedStmt* plan = planner(query, "", CURSOR_OPT_PARALLEL_OK, token);
  EndConfiguration(before);
  RequireLocal(plan);
  PlanUse use{NIL, 0};
  AddUseOfPlan(&use, plan);
  Run run{0, plan->planTree->total_cost, 0, use.indexes};
  double spent = 0;
  for (int i = 0; execute && i < kMostRuns && spent < kLongEnough; ++i) {
    const double time = RunOnce(plan, token, &run.rows);
    run.exec_time = i == 0 ? time : std::min(run.exec_time, time);
    spent += time;
  }
  return run;
}

}  // namespace steward::whatif
