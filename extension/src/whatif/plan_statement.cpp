// See plan_statement.hpp.
#include "whatif/plan_statement.hpp"

#include <algorithm>
#include <cmath>

#include "pg/compat.hpp"
#include "whatif/code_trust.hpp"
#include "whatif/explain_plan.hpp"
#include "whatif/text_trust.hpp"

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

// Analysis reads literals, and drawing reads values: see text_trust.
void RequireTrusted(RawStmt* statement, const store::PlannableRecord& record) {
  RequireTrustedStatement(statement);
  for (int i = 0; i < record.nparams; ++i) RequireTrustedType(record.params[i].type, InvalidOid);
}

void RequireSameRelations(Query* query, const store::PlannableRecord& record) {
  List* relids = NIL;
  List* functions = NIL;
  bool row_security = false;
  extract_query_dependencies(reinterpret_cast<Node*>(query), &relids, &functions, &row_security);
  ListCell* cell = nullptr;
  foreach (cell, relids) {
    if (std::find(record.relations, record.relations + record.nrelations, lfirst_oid(cell)) ==
        record.relations + record.nrelations)
      ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
                      errmsg("a name in the statement means another relation than when it was captured")));
  }
}

Query* Transform(RawStmt* statement, const store::PlannableRecord& record) {
  ParseState* state = make_parsestate(nullptr);
  state->p_sourcetext = record.text;
  setup_parse_fixed_parameters(state, ParameterTypes(record), record.nparams);
  Query* query = transformTopLevelStmt(state, statement);
  free_parsestate(state);
  return query;
}

}  // namespace

List* AnalyzeStatement(const store::PlannableRecord& record) {
  List* statements = pg_parse_query(record.text);
  if (list_length(statements) != 1)
    ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("expected one statement, not %d", list_length(statements))));
  auto* statement = linitial_node(RawStmt, statements);
  if (superuser()) RequireTrusted(statement, record);
  Query* query = Transform(statement, record);
  if (query->commandType == CMD_UTILITY)
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("utility statements cannot be costed")));
  RequireSameRelations(query, record);
  return pg_rewrite_query(query);
}

void AnalyzeAgain(const store::PlannableRecord& record) {
  auto* statement = linitial_node(RawStmt, pg_parse_query(record.text));
  if (superuser()) RequireTrusted(statement, record);  // a type's name may mean another one by now
  Query* query = Transform(statement, record);
  pg::GiveQueryId(query, record.text);
  pg_rewrite_query(query);
}

namespace {

// A plan that shows parameters as such: made with values that the planner may look at but not put into the plan. Where
// that is another plan (a pattern's prefix, partitions that are ruled out), the one that was costed.
PlannedStmt* PlanToShow(const Query* query, PlannedStmt* costed, ParamListInfo values, const Configuration& configuration) {
  constexpr double kSame = 0.01;
  if (values == nullptr) return costed;
  ParamListInfo open = copyParamList(values);
  for (int i = 0; i < open->numParams; ++i)
    open->params[i].pflags = static_cast<uint16>(open->params[i].pflags & ~PARAM_FLAG_CONST);
  const ActiveConfiguration before = BeginConfiguration({&configuration, open, nullptr});
  PlannedStmt* plan =
      planner(castNode(Query, copyObjectImpl(query)), "", CURSOR_OPT_PARALLEL_OK, open);
  EndConfiguration(before);
  const double cost = costed->planTree->total_cost;
  return std::fabs(plan->planTree->total_cost - cost) <= kSame * cost ? plan : costed;
}

}  // namespace

PlanCost CostOf(const List* queries, ParamListInfo values, const Configuration& configuration, const Inquiry& inquiry) {
  PlanCost cost{0, {NIL, 0}, nullptr};
  List* shown = NIL;
  ParamListInfo token = values != nullptr ? values : NoValues();
  const ListCell* cell = nullptr;
  foreach (cell, queries) {
    auto* query = castNode(Query, copyObjectImpl(lfirst(cell)));
    if (query->commandType == CMD_UTILITY) continue;  // a NOTIFY that a rule added
    PlanningWatch watch{inquiry.probe, NIL, NIL, nullptr, nullptr};
    const ActiveConfiguration before =
        BeginConfiguration({&configuration, token, inquiry.details != nullptr ? &watch : nullptr});
    PlannedStmt* plan = planner(query, "", CURSOR_OPT_PARALLEL_OK, token);
    EndConfiguration(before);
    cost.total += plan->planTree->total_cost;
    AddUseOfPlan(&cost.use, plan);
    if (inquiry.details != nullptr) AddPlanning(inquiry.details, watch, plan->planTree->total_cost, inquiry.share);
    if (inquiry.explain) shown = lappend(shown, PlanToShow(lfirst_node(Query, cell), plan, values, configuration));
  }
  if (inquiry.explain) cost.plan_json = ExplainPlans(shown, values, configuration);
  return cost;
}

}  // namespace steward::whatif
