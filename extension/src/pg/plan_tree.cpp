// See plan_tree.hpp.
#include "pg/plan_tree.hpp"

namespace steward::pg {

namespace {

void VisitList(List* plans, PlanVisitor visit, void* context) {
  ListCell* cell = nullptr;
  foreach (cell, plans) visit(static_cast<Plan*>(lfirst(cell)), context);
}

template <typename T>
T* As(Plan* plan) {
  return reinterpret_cast<T*>(plan);
}

template <typename T>
const T* As(const Plan* plan) {
  return reinterpret_cast<const T*>(plan);
}

}  // namespace

void ForEachChild(Plan* plan, PlanVisitor visit, void* context) {
  if (plan->lefttree != nullptr) visit(plan->lefttree, context);
  if (plan->righttree != nullptr) visit(plan->righttree, context);
  switch (nodeTag(plan)) {
    case T_Append:
      return VisitList(As<Append>(plan)->appendplans, visit, context);
    case T_MergeAppend:
      return VisitList(As<MergeAppend>(plan)->mergeplans, visit, context);
    case T_BitmapAnd:
      return VisitList(As<BitmapAnd>(plan)->bitmapplans, visit, context);
    case T_BitmapOr:
      return VisitList(As<BitmapOr>(plan)->bitmapplans, visit, context);
    case T_CustomScan:
      return VisitList(As<CustomScan>(plan)->custom_plans, visit, context);
    case T_SubqueryScan:
      return visit(As<SubqueryScan>(plan)->subplan, context);
    default:
      return;
  }
}

Index ScanRelation(const Plan* plan) {
  switch (nodeTag(plan)) {
    case T_SeqScan:
    case T_SampleScan:
    case T_IndexScan:
    case T_IndexOnlyScan:
    case T_BitmapIndexScan:
    case T_BitmapHeapScan:
    case T_TidScan:
    case T_TidRangeScan:
    case T_SubqueryScan:
    case T_FunctionScan:
    case T_ValuesScan:
    case T_TableFuncScan:
    case T_CteScan:
    case T_NamedTuplestoreScan:
    case T_WorkTableScan:
    case T_ForeignScan:
    case T_CustomScan:
      return As<Scan>(plan)->scanrelid;
    default:
      return 0;
  }
}

Oid ScannedIndex(const Plan* plan) {
  switch (nodeTag(plan)) {
    case T_IndexScan:
      return As<IndexScan>(plan)->indexid;
    case T_IndexOnlyScan:
      return As<IndexOnlyScan>(plan)->indexid;
    case T_BitmapIndexScan:
      return As<BitmapIndexScan>(plan)->indexid;
    default:
      return InvalidOid;
  }
}

uint64 VariantOf(const Plan* plan) {
  switch (nodeTag(plan)) {
    case T_NestLoop:
    case T_MergeJoin:
    case T_HashJoin:
      return static_cast<uint64>(As<Join>(plan)->jointype);
    case T_Agg:
      return static_cast<uint64>(As<Agg>(plan)->aggstrategy) * 64 + static_cast<uint64>(As<Agg>(plan)->aggsplit);
    case T_SetOp:
      return static_cast<uint64>(As<SetOp>(plan)->strategy) * 64 + static_cast<uint64>(As<SetOp>(plan)->cmd);
    case T_ModifyTable:
      return static_cast<uint64>(As<ModifyTable>(plan)->operation);
    case T_Sort:
      return static_cast<uint64>(As<Sort>(plan)->numCols);
    default:
      return 0;
  }
}

}  // namespace steward::pg
