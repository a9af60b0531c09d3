// See plan_statement.hpp.
#include "whatif/plan_statement.hpp"

#include "whatif/plan_indexes.hpp"

extern "C" {
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"
#include "parser/analyze.h"
#include "parser/parse_node.h"
#include "parser/parse_param.h"
#include "tcop/tcopprot.h"
}

namespace steward::whatif {

namespace {

Oid* ParameterTypes(const store::PlannableRecord& record) {
  auto* types = static_cast<Oid*>(palloc(static_cast<Size>(Max(record.nparams, 1)) * sizeof(Oid)));
  for (int i = 0; i < record.nparams; ++i) types[i] = record.params[i].type;
  return types;
}

// A list that binds nothing, for its address: it tells our plannings from those that happen inside.
ParamListInfo NoValues() {
  return static_cast<ParamListInfo>(palloc0(offsetof(ParamListInfoData, params)));
}

}  // namespace

List* AnalyzeStatement(const store::PlannableRecord& record) {
  List* statements = pg_parse_query(record.text);
  if (list_length(statements) != 1)
    ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("expected one statement, not %d", list_length(statements))));
  ParseState* state = make_parsestate(nullptr);
  state->p_sourcetext = record.text;
  setup_parse_fixed_parameters(state, ParameterTypes(record), record.nparams);
  Query* query = transformTopLevelStmt(state, linitial_node(RawStmt, statements));
  free_parsestate(state);
  if (query->commandType == CMD_UTILITY)
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("utility statements cannot be costed")));
  return pg_rewrite_query(query);
}

PlanCost CostOf(const List* queries, ParamListInfo values, const Configuration& configuration) {
  PlanCost cost{0, NIL};
  ParamListInfo token = values != nullptr ? values : NoValues();
  const ListCell* cell = nullptr;
  foreach (cell, queries) {
    auto* query = castNode(Query, copyObjectImpl(lfirst(cell)));
    if (query->commandType == CMD_UTILITY) continue;  // a NOTIFY that a rule added
    const ActiveConfiguration before = BeginConfiguration(&configuration, token);
    const PlannedStmt* plan = planner(query, "", CURSOR_OPT_PARALLEL_OK, token);
    EndConfiguration(before);
    cost.total += plan->planTree->total_cost;
    cost.indexes = AddIndexesOfPlan(cost.indexes, plan);
  }
  return cost;
}

}  // namespace steward::whatif
