// See clause_estimate.hpp. The estimators want a PlannerInfo; one with a single relation is enough for them.
#include "capture/clause_estimate.hpp"

#include "pg/compat.hpp"
#include "pg/node_walk.hpp"

extern "C" {
#include "access/transam.h"
#include "nodes/makefuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
}

namespace steward::capture {

namespace {

constexpr int kMaxEstimates = 256;  // of one plan

bool UserFunction(Oid function, void*) { return function >= FirstNormalObjectId; }

bool CallsUserFunction(Node* node, void* argument) {
  if (node == nullptr) return false;
  return check_functions_in_node(node, UserFunction, nullptr) || pg::WalkChildren(node, CallsUserFunction, argument);
}

// A planner state that knows relation `scan` as number 1. Made once for each relation of a plan.
PlannerInfo* RootFor(PlanContext* context, Index scan) {
  PlannerInfo** cached = &context->roots[scan];
  if (*cached != nullptr) return *cached;
  auto* rte = static_cast<RangeTblEntry*>(palloc(sizeof(RangeTblEntry)));
  *rte = *BaseRelation(context, scan);
  rte->inh = false;
  auto* query = makeNode(Query);
  query->commandType = CMD_SELECT;
  query->rtable = list_make1(rte);
  pg::OwnPermissions(query, rte, context->statement);
  auto* root = makeNode(PlannerInfo);
  root->glob = makeNode(PlannerGlobal);
  root->glob->boundParams = context->bound_parameters;
  root->parse = query;
  root->query_level = 1;
  root->planner_cxt = CurrentMemoryContext;
  root->simple_rel_array_size = 2;
  root->simple_rel_array = static_cast<RelOptInfo**>(palloc0(sizeof(RelOptInfo*) * 2));
  root->simple_rte_array = static_cast<RangeTblEntry**>(palloc0(sizeof(RangeTblEntry*) * 2));
  root->simple_rte_array[1] = rte;
  RelOptInfo* relation = build_simple_rel(root, 1, nullptr);
  relation->rows = Max(relation->tuples, 1);
  *cached = root;
  return root;
}

}  // namespace

double EstimateClause(PlanContext* context, Node* clause, Plan* plan, Index scan) {
  if (context->estimates >= kMaxEstimates) return -1;
  context->estimates++;
  if (!IsOnlyAbout(context, clause, plan, scan) || CallsUserFunction(clause, nullptr)) return -1;
  Node* own = static_cast<Node*>(copyObjectImpl(ResolveToBase(context, clause, plan)));
  PointToFirst(own);
  return clause_selectivity(RootFor(context, scan), own, 0, JOIN_INNER, nullptr);
}

double EstimateScan(PlanContext* context, const Plan* plan, Index scan, int workers) {
  if (BaseRelation(context, scan) == nullptr) return -1;
  const double tuples = RootFor(context, scan)->simple_rel_array[1]->tuples;
  if (tuples < 1) return -1;
  // A parallel scan's rows are those of one participant; the planner's divisor, see get_parallel_divisor.
  double participants = 1;
  if (plan->parallel_aware) {
    const double leader = parallel_leader_participation ? Max(1.0 - 0.3 * workers, 0) : 0;
    participants = Max(workers + leader, 1);
  }
  return Min(plan->plan_rows * participants / tuples, 1);
}

}  // namespace steward::capture
