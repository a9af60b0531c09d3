// See plan_walk.hpp.
#include "capture/plan_walk.hpp"

extern "C" {
#include "access/transam.h"
#include "catalog/pg_class_d.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
}

namespace steward::capture {

namespace {

using pg::NodeAs;

// Conditions and arguments that only some node kinds have, at most four of them.
struct OwnExpressions {
  void* list[4];
};

OwnExpressions ScanExpressions(Plan* plan) {
  switch (nodeTag(plan)) {
    case T_IndexScan:
      return {{NodeAs<IndexScan>(plan)->indexqualorig, NodeAs<IndexScan>(plan)->indexorderbyorig}};
    case T_IndexOnlyScan:
      return {{NodeAs<IndexOnlyScan>(plan)->recheckqual, NodeAs<IndexOnlyScan>(plan)->indexorderby}};
    case T_BitmapIndexScan:
      return {{NodeAs<BitmapIndexScan>(plan)->indexqualorig}};
    case T_BitmapHeapScan:
      return {{NodeAs<BitmapHeapScan>(plan)->bitmapqualorig}};
    case T_TidScan:
      return {{NodeAs<TidScan>(plan)->tidquals}};
    case T_TidRangeScan:
      return {{NodeAs<TidRangeScan>(plan)->tidrangequals}};
    case T_FunctionScan:
      return {{NodeAs<FunctionScan>(plan)->functions}};
    case T_ValuesScan:
      return {{NodeAs<ValuesScan>(plan)->values_lists}};
    case T_TableFuncScan:
      return {{NodeAs<TableFuncScan>(plan)->tablefunc}};
    case T_ForeignScan:
      return {{NodeAs<ForeignScan>(plan)->fdw_exprs}};
    case T_CustomScan:
      return {{NodeAs<CustomScan>(plan)->custom_exprs}};
    default:
      return {};
  }
}

OwnExpressions UpperExpressions(Plan* plan) {
  switch (nodeTag(plan)) {
    case T_NestLoop:
      return {{NodeAs<NestLoop>(plan)->join.joinqual}};
    case T_MergeJoin:
      return {{NodeAs<MergeJoin>(plan)->join.joinqual, NodeAs<MergeJoin>(plan)->mergeclauses}};
    case T_HashJoin:
      return {{NodeAs<HashJoin>(plan)->join.joinqual, NodeAs<HashJoin>(plan)->hashclauses, NodeAs<HashJoin>(plan)->hashkeys}};
    case T_Hash:
      return {{NodeAs<Hash>(plan)->hashkeys}};
    case T_Limit:
      return {{NodeAs<Limit>(plan)->limitOffset, NodeAs<Limit>(plan)->limitCount}};
    case T_Result:
      return {{NodeAs<Result>(plan)->resconstantqual}};
    case T_WindowAgg:
      return {{NodeAs<WindowAgg>(plan)->startOffset, NodeAs<WindowAgg>(plan)->endOffset, NodeAs<WindowAgg>(plan)->runCondition}};
    case T_Memoize:
      return {{NodeAs<Memoize>(plan)->param_exprs}};
    case T_ModifyTable:
      return {{NodeAs<ModifyTable>(plan)->returningLists, NodeAs<ModifyTable>(plan)->onConflictSet,
               NodeAs<ModifyTable>(plan)->onConflictWhere, NodeAs<ModifyTable>(plan)->mergeActionLists}};
    default:
      return {};
  }
}

uint64 Mix(uint64 hash, uint64 value) {
  uint64 x = (hash ^ value) + UINT64CONST(0x9e3779b97f4a7c15);
  x = (x ^ (x >> 30)) * UINT64CONST(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64CONST(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

struct Hashing {
  const PlannedStmt* statement;
  uint64 hash;
};

void HashNode(Plan* plan, void* context) {
  // Runs in the statement's own path, so a plan that is too deep is hashed in part instead of raising an error.
  if (plan == nullptr || stack_is_too_deep()) return;
  auto* state = static_cast<Hashing*>(context);
  state->hash = Mix(state->hash, static_cast<uint64>(nodeTag(plan)));
  state->hash = Mix(state->hash, pg::VariantOf(plan) * 2 + (plan->parallel_aware ? 1 : 0));
  const Index scanned = ScanRelation(plan);
  if (scanned > 0) {
    const RangeTblEntry* rte = rt_fetch(scanned, state->statement->rtable);
    state->hash = Mix(state->hash, static_cast<uint64>(rte->relid) << 32 | ScannedIndex(plan));
  }
  ForEachChild(plan, HashNode, context);
  state->hash = Mix(state->hash, 1);  // closes the node: nesting takes part
}

}  // namespace

void ForEachExpression(Plan* plan, ExpressionVisitor visit, void* context) {
  const OwnExpressions scan = ScanExpressions(plan);
  const OwnExpressions upper = UpperExpressions(plan);
  for (void* expression : scan.list)
    if (expression != nullptr) visit(static_cast<Node*>(expression), plan, context);
  for (void* expression : upper.list)
    if (expression != nullptr) visit(static_cast<Node*>(expression), plan, context);
  List* const common[] = {plan->qual, plan->targetlist, plan->initPlan};
  for (List* expressions : common)
    if (expressions != NIL) visit(reinterpret_cast<Node*>(expressions), plan, context);
}

bool IsUserRelation(Oid relid) {
  return relid >= FirstNormalObjectId && get_rel_persistence(relid) != RELPERSISTENCE_TEMP;
}

uint64 PlanId(const PlannedStmt* statement) {
  Hashing state{statement, static_cast<uint64>(statement->commandType)};
  HashNode(statement->planTree, &state);
  ListCell* cell = nullptr;
  foreach (cell, statement->subplans) HashNode(static_cast<Plan*>(lfirst(cell)), &state);
  return state.hash == 0 ? 1 : state.hash;
}

}  // namespace steward::capture
