// See plan_indexes.hpp.
#include "whatif/plan_indexes.hpp"

namespace steward::whatif {

namespace {

List* Walk(List* oids, const Plan* plan);

List* WalkAll(List* oids, const List* plans) {
  const ListCell* cell = nullptr;
  foreach (cell, plans) oids = Walk(oids, static_cast<const Plan*>(lfirst(cell)));
  return oids;
}

template <typename Node>
const Node* As(const Plan* plan) {
  return reinterpret_cast<const Node*>(plan);
}

List* Walk(List* oids, const Plan* plan) {
  if (plan == nullptr) return oids;
  check_stack_depth();
  switch (nodeTag(plan)) {
    case T_IndexScan:
      oids = list_append_unique_oid(oids, As<IndexScan>(plan)->indexid);
      break;
    case T_IndexOnlyScan:
      oids = list_append_unique_oid(oids, As<IndexOnlyScan>(plan)->indexid);
      break;
    case T_BitmapIndexScan:
      oids = list_append_unique_oid(oids, As<BitmapIndexScan>(plan)->indexid);
      break;
    case T_Append:
      oids = WalkAll(oids, As<Append>(plan)->appendplans);
      break;
    case T_MergeAppend:
      oids = WalkAll(oids, As<MergeAppend>(plan)->mergeplans);
      break;
    case T_BitmapAnd:
      oids = WalkAll(oids, As<BitmapAnd>(plan)->bitmapplans);
      break;
    case T_BitmapOr:
      oids = WalkAll(oids, As<BitmapOr>(plan)->bitmapplans);
      break;
    case T_SubqueryScan:
      oids = Walk(oids, As<SubqueryScan>(plan)->subplan);
      break;
    case T_CustomScan:
      oids = WalkAll(oids, As<CustomScan>(plan)->custom_plans);
      break;
    default:
      break;
  }
  return Walk(Walk(oids, plan->lefttree), plan->righttree);
}

}  // namespace

List* AddIndexesOfPlan(List* oids, const PlannedStmt* plan) {
  return WalkAll(Walk(oids, plan->planTree), plan->subplans);
}

}  // namespace steward::whatif
