// See plan_indexes.hpp.
#include "whatif/plan_indexes.hpp"

namespace steward::whatif {

namespace {

void Walk(PlanUse* use, const Plan* plan);

void WalkAll(PlanUse* use, const List* plans) {
  const ListCell* cell = nullptr;
  foreach (cell, plans) Walk(use, static_cast<const Plan*>(lfirst(cell)));
}

template <typename Node>
const Node* As(const Plan* plan) {
  return reinterpret_cast<const Node*>(plan);
}

void AddIndex(PlanUse* use, Oid index) {
  use->indexes = list_append_unique_oid(use->indexes, index);
}

void Walk(PlanUse* use, const Plan* plan) {
  if (plan == nullptr) return;
  check_stack_depth();
  switch (nodeTag(plan)) {
    case T_IndexScan:
      AddIndex(use, As<IndexScan>(plan)->indexid);
      break;
    case T_IndexOnlyScan:
      AddIndex(use, As<IndexOnlyScan>(plan)->indexid);
      break;
    case T_BitmapIndexScan:
      AddIndex(use, As<BitmapIndexScan>(plan)->indexid);
      break;
    case T_Append:
      WalkAll(use, As<Append>(plan)->appendplans);
      break;
    case T_MergeAppend:
      WalkAll(use, As<MergeAppend>(plan)->mergeplans);
      break;
    case T_BitmapAnd:
      WalkAll(use, As<BitmapAnd>(plan)->bitmapplans);
      break;
    case T_BitmapOr:
      WalkAll(use, As<BitmapOr>(plan)->bitmapplans);
      break;
    case T_SubqueryScan:
      Walk(use, As<SubqueryScan>(plan)->subplan);
      break;
    case T_CustomScan:
      WalkAll(use, As<CustomScan>(plan)->custom_plans);
      break;
    case T_Gather:
      use->workers = Max(use->workers, As<Gather>(plan)->num_workers);
      break;
    case T_GatherMerge:
      use->workers = Max(use->workers, As<GatherMerge>(plan)->num_workers);
      break;
    default:
      break;
  }
  Walk(use, plan->lefttree);
  Walk(use, plan->righttree);
}

}  // namespace

void AddUseOfPlan(PlanUse* use, const PlannedStmt* plan) {
  Walk(use, plan->planTree);
  WalkAll(use, plan->subplans);
}

}  // namespace steward::whatif
