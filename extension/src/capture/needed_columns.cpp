// Which columns each scan must fetch, found from the top down: a scan's own target list may name every column of the table
// because that spares a projection, so only what the nodes above ask for counts.
#include "capture/clause_estimate.hpp"
#include "capture/plan_walk.hpp"
#include "capture/predicate_walk.hpp"
#include "pg/node_walk.hpp"

extern "C" {
#include "access/sysattr.h"
}

namespace steward::capture {

using store::PredicateKind;
using store::PredicateRole;

namespace {

// Target-list positions, as members of a set.
struct Inputs {
  Index scan;
  Bitmapset* outer;
  Bitmapset* inner;
  Bitmapset* subquery;  // columns of the subquery that this node scans
  Bitmapset* base;      // columns of the base relation that it scans, offset so that system columns fit
  Plan* plan;
};

struct Needing {
  PlanContext* context;
  DraftList* out;
  int workers;  // of the Gather above
};

constexpr int kOffset = -FirstLowInvalidHeapAttributeNumber;

void Need(const Needing& needing, Plan* plan, Bitmapset* wanted);

bool FindInputs(Node* node, void* argument);

// What an index-only scan returns is described in terms of the table's columns.
void FindThroughIndex(const Var* var, Inputs* inputs) {
  if (!IsA(inputs->plan, IndexOnlyScan)) return;
  ListCell* cell = nullptr;
  foreach (cell, reinterpret_cast<IndexOnlyScan*>(inputs->plan)->indextlist) {
    auto* entry = lfirst_node(TargetEntry, cell);
    if (entry->resno == var->varattno) FindInputs(reinterpret_cast<Node*>(entry->expr), inputs);
  }
}

bool FindInputs(Node* node, void* argument) {
  if (node == nullptr) return false;
  auto* inputs = static_cast<Inputs*>(argument);
  if (!IsA(node, Var)) return pg::WalkChildren(node, FindInputs, argument);
  const auto* var = reinterpret_cast<Var*>(node);
  if (var->varno == OUTER_VAR && var->varattno > 0) inputs->outer = bms_add_member(inputs->outer, var->varattno);
  if (var->varno == INNER_VAR && var->varattno > 0) inputs->inner = bms_add_member(inputs->inner, var->varattno);
  if (var->varno == INDEX_VAR) FindThroughIndex(var, inputs);
  if (var->varno <= 0 || static_cast<Index>(var->varno) != inputs->scan) return false;
  if (IsA(inputs->plan, SubqueryScan)) {
    if (var->varattno > 0) inputs->subquery = bms_add_member(inputs->subquery, var->varattno);
  } else {
    inputs->base = bms_add_member(inputs->base, var->varattno + kOffset);
  }
  return false;
}

void FindInExpression(Node* expression, Plan* owner, void* argument) {
  if (expression == reinterpret_cast<Node*>(owner->targetlist)) return;  // only the wanted ones, see Need
  FindInputs(expression, argument);
}

void AddPositions(Bitmapset** set, int count, const AttrNumber* columns) {
  for (int i = 0; i < count; i++) *set = bms_add_member(*set, columns[i]);
}

// Key columns that a node reads from its input without an expression.
void FindKeys(Plan* plan, Inputs* inputs) {
  switch (nodeTag(plan)) {
    case T_Sort:
    case T_IncrementalSort:
      return AddPositions(&inputs->outer, reinterpret_cast<Sort*>(plan)->numCols, reinterpret_cast<Sort*>(plan)->sortColIdx);
    case T_MergeAppend:
      return AddPositions(&inputs->outer, reinterpret_cast<MergeAppend*>(plan)->numCols,
                          reinterpret_cast<MergeAppend*>(plan)->sortColIdx);
    case T_Agg:
      return AddPositions(&inputs->outer, reinterpret_cast<Agg*>(plan)->numCols, reinterpret_cast<Agg*>(plan)->grpColIdx);
    case T_Group:
      return AddPositions(&inputs->outer, reinterpret_cast<Group*>(plan)->numCols,
                          reinterpret_cast<Group*>(plan)->grpColIdx);
    case T_Unique:
      return AddPositions(&inputs->outer, reinterpret_cast<Unique*>(plan)->numCols,
                          reinterpret_cast<Unique*>(plan)->uniqColIdx);
    case T_WindowAgg:
      AddPositions(&inputs->outer, reinterpret_cast<WindowAgg*>(plan)->partNumCols,
                   reinterpret_cast<WindowAgg*>(plan)->partColIdx);
      return AddPositions(&inputs->outer, reinterpret_cast<WindowAgg*>(plan)->ordNumCols,
                          reinterpret_cast<WindowAgg*>(plan)->ordColIdx);
    default:
      return;
  }
}

Bitmapset* Everything(const Plan* plan) {
  return plan == nullptr || plan->targetlist == NIL ? nullptr
                                                    : bms_add_range(nullptr, 1, list_length(plan->targetlist));
}

void AddOutputs(const Needing& needing, const Inputs& inputs) {
  ClauseContext context{needing.context, needing.out, inputs.plan, PredicateRole::kOutput, nullptr, store::kMeasured, 0};
  const RangeTblEntry* rte = BaseRelation(needing.context, inputs.scan);
  if (bms_is_empty(inputs.base) || rte == nullptr || !IsUserRelation(rte->relid)) return;
  const double estimated = EstimateScan(needing.context, inputs.plan, inputs.scan, needing.workers);
  for (int member = -1; (member = bms_next_member(inputs.base, member)) >= 0;) {
    auto attnum = static_cast<AttrNumber>(member - kOffset);
    if (attnum == 0) attnum = SelfItemPointerAttributeNumber;  // the whole row: as good as its address
    const Side key{SideKind::kKey, inputs.scan, attnum, nullptr, nullptr};
    Draft* draft = AddKey(&context, key, PredicateRole::kOutput, PredicateKind::kNone, InvalidOid, nullptr);
    if (draft != nullptr) draft->record.estimated = static_cast<float>(estimated);
  }
}

struct Descent {
  const Needing* needing;
  const Inputs* inputs;
  Bitmapset* wanted;
};

void Descend(Plan* child, void* argument) {
  const auto* descent = static_cast<Descent*>(argument);
  Plan* parent = descent->inputs->plan;
  Bitmapset* wanted = descent->inputs->outer;
  if (child == innerPlan(parent)) wanted = descent->inputs->inner;
  if (IsA(parent, SubqueryScan)) wanted = descent->inputs->subquery;
  if (IsA(parent, ModifyTable) || IsA(parent, SetOp) || IsA(parent, LockRows) || IsA(parent, RecursiveUnion) || IsA(parent, CustomScan))
    wanted = Everything(child);
  Needing needing = *descent->needing;
  if (IsA(parent, Gather)) needing.workers = reinterpret_cast<Gather*>(parent)->num_workers;
  if (IsA(parent, GatherMerge)) needing.workers = reinterpret_cast<GatherMerge*>(parent)->num_workers;
  Need(needing, child, wanted);
}

void Need(const Needing& needing, Plan* plan, Bitmapset* wanted) {
  if (plan == nullptr || IsA(plan, BitmapIndexScan) || IsA(plan, BitmapAnd) || IsA(plan, BitmapOr)) return;
  check_stack_depth();
  Inputs inputs{ScanRelation(plan), nullptr, nullptr, nullptr, nullptr, plan};
  ListCell* cell = nullptr;
  foreach (cell, plan->targetlist) {
    auto* entry = lfirst_node(TargetEntry, cell);
    if (!bms_is_member(entry->resno, wanted)) continue;
    FindInputs(reinterpret_cast<Node*>(entry->expr), &inputs);
  }
  ForEachExpression(plan, FindInExpression, &inputs);
  FindKeys(plan, &inputs);
  if (IsA(plan, NestLoop)) {
    foreach (cell, reinterpret_cast<NestLoop*>(plan)->nestParams)
      FindInputs(reinterpret_cast<Node*>(static_cast<NestLoopParam*>(lfirst(cell))->paramval), &inputs);
  }
  AddOutputs(needing, inputs);
  Descent descent{&needing, &inputs, wanted};
  ForEachChild(plan, Descend, &descent);
}

}  // namespace

void AddNeededColumns(PlanContext* context, DraftList* out) {
  const Needing needing{context, out, 0};
  Need(needing, context->statement->planTree, Everything(context->statement->planTree));
  ListCell* cell = nullptr;
  foreach (cell, context->statement->subplans) {
    auto* root = static_cast<Plan*>(lfirst(cell));
    Need(needing, root, Everything(root));
  }
}

}  // namespace steward::capture
