// The shape of finished plan trees: children, what a node scans, and how nodes of one kind differ. Inline: capture walks
// each new plan of a statement, in the statement's own time.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/plannodes.h"
}

namespace steward::pg {

/// Called for each child plan; `context` is passed through.
using PlanVisitor = void (*)(Plan* child, void* context);

/// The node as what its tag says that it is.
template <typename Node>
Node* NodeAs(Plan* plan) {
  return reinterpret_cast<Node*>(plan);
}

template <typename Node>
const Node* NodeAs(const Plan* plan) {
  return reinterpret_cast<const Node*>(plan);
}

inline void VisitAll(List* plans, PlanVisitor visit, void* context) {
  ListCell* cell = nullptr;
  foreach (cell, plans) visit(static_cast<Plan*>(lfirst(cell)), context);
}

/// Calls `visit` for each direct child of `plan`; not for subplans, which hang off the PlannedStmt.
inline void ForEachChild(Plan* plan, PlanVisitor visit, void* context) {
  if (plan->lefttree != nullptr) visit(plan->lefttree, context);
  if (plan->righttree != nullptr) visit(plan->righttree, context);
  switch (nodeTag(plan)) {
    case T_Append:
      return VisitAll(NodeAs<Append>(plan)->appendplans, visit, context);
    case T_MergeAppend:
      return VisitAll(NodeAs<MergeAppend>(plan)->mergeplans, visit, context);
    case T_BitmapAnd:
      return VisitAll(NodeAs<BitmapAnd>(plan)->bitmapplans, visit, context);
    case T_BitmapOr:
      return VisitAll(NodeAs<BitmapOr>(plan)->bitmapplans, visit, context);
    case T_CustomScan:
      return VisitAll(NodeAs<CustomScan>(plan)->custom_plans, visit, context);
    case T_SubqueryScan:
      return visit(NodeAs<SubqueryScan>(plan)->subplan, context);
    default:
      return;
  }
}

/// The range-table index of the relation that `plan` scans, 0 when it is no scan of the range table.
[[nodiscard]] inline Index ScanRelation(const Plan* plan) {
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
      return NodeAs<Scan>(plan)->scanrelid;
    default:
      return 0;
  }
}

/// The index that `plan` reads, InvalidOid when it reads none.
[[nodiscard]] inline Oid ScannedIndex(const Plan* plan) {
  switch (nodeTag(plan)) {
    case T_IndexScan:
      return NodeAs<IndexScan>(plan)->indexid;
    case T_IndexOnlyScan:
      return NodeAs<IndexOnlyScan>(plan)->indexid;
    case T_BitmapIndexScan:
      return NodeAs<BitmapIndexScan>(plan)->indexid;
    default:
      return InvalidOid;
  }
}

/// What distinguishes two nodes of the same kind, apart from their relation and index.
[[nodiscard]] inline uint64 VariantOf(const Plan* plan) {
  switch (nodeTag(plan)) {
    case T_NestLoop:
    case T_MergeJoin:
    case T_HashJoin:
      return static_cast<uint64>(NodeAs<Join>(plan)->jointype);
    case T_Agg:
      return static_cast<uint64>(NodeAs<Agg>(plan)->aggstrategy) * 64 + static_cast<uint64>(NodeAs<Agg>(plan)->aggsplit);
    case T_SetOp:
      return static_cast<uint64>(NodeAs<SetOp>(plan)->strategy) * 64 + static_cast<uint64>(NodeAs<SetOp>(plan)->cmd);
    case T_ModifyTable:
      return static_cast<uint64>(NodeAs<ModifyTable>(plan)->operation);
    case T_Sort:
      return static_cast<uint64>(NodeAs<Sort>(plan)->numCols);
    default:
      return 0;
  }
}

}  // namespace steward::pg
