// See predicate_walk.hpp. Conditions are taken from where the executor evaluates them; index conditions in their form on the
// table's columns (indexqualorig, recheckqual, bitmapqualorig).
#include "capture/predicate_walk.hpp"

#include "capture/plan_walk.hpp"
#include "capture/predicate_clauses.hpp"
#include "pg/compat.hpp"

namespace steward::capture {

using store::PredicateKind;
using store::PredicateRole;

namespace {

constexpr int kMaxBranches = 64;

struct Walking {
  PlanContext* context;
  DraftList* out;
};

template <typename T>
T* As(Plan* plan) {
  return reinterpret_cast<T*>(plan);
}

// The columns a node sorts or groups by, as positions in a target list.
struct KeyColumns {
  int count;
  const AttrNumber* columns;
  const Oid* sort_operators;  // null for grouping
  const bool* nulls_first;
  Plan* at;  // whose target list
};

void AddKeyColumn(ClauseContext* context, const KeyColumns& keys, int i) {
  ListCell* cell = nullptr;
  Node* expression = nullptr;
  foreach (cell, keys.at->targetlist) {
    auto* entry = lfirst_node(TargetEntry, cell);
    if (entry->resno == keys.columns[i]) expression = reinterpret_cast<Node*>(entry->expr);
  }
  if (expression == nullptr) return;
  const Side key = ClassifySide(context->plan, expression, keys.at);
  if (key.kind != SideKind::kKey) return;
  context->flags = 0;
  if (keys.sort_operators != nullptr) {
    if (pg::SortsDescending(keys.sort_operators[i])) context->flags |= store::kDescending;
    if (keys.nulls_first[i]) context->flags |= store::kNullsFirst;
  }
  context->position = static_cast<uint16>(i + 1);
  AddKey(context, key, context->role, PredicateKind::kNone, InvalidOid, nullptr);
  context->position = 0;
  context->flags = 0;
}

void AddKeyColumns(const Walking& walking, Plan* plan, PredicateRole role, const KeyColumns& keys) {
  if (keys.at == nullptr || keys.count == 0) return;
  ClauseContext context{walking.context, walking.out, plan, role, nullptr, 0, 0};
  PlanContext* tree = walking.context;
  tree->branches = 1;
  for (tree->branch = 0; tree->branch < Min(tree->branches, kMaxBranches); tree->branch++)
    for (int i = 0; i < keys.count; i++) AddKeyColumn(&context, keys, i);
  tree->branch = 0;
}

void AddSortAndGroup(const Walking& w, Plan* plan) {
  switch (nodeTag(plan)) {
    case T_Sort:
    case T_IncrementalSort: {
      const auto* sort = As<Sort>(plan);
      return AddKeyColumns(w, plan, PredicateRole::kSort,
                           {sort->numCols, sort->sortColIdx, sort->sortOperators, sort->nullsFirst, plan});
    }
    case T_MergeAppend: {
      const auto* merge = As<MergeAppend>(plan);
      return AddKeyColumns(w, plan, PredicateRole::kSort,
                           {merge->numCols, merge->sortColIdx, merge->sortOperators, merge->nullsFirst, plan});
    }
    case T_Agg:
      return AddKeyColumns(w, plan, PredicateRole::kGroup,
                           {As<Agg>(plan)->numCols, As<Agg>(plan)->grpColIdx, nullptr, nullptr, outerPlan(plan)});
    case T_Group:
      return AddKeyColumns(w, plan, PredicateRole::kGroup,
                           {As<Group>(plan)->numCols, As<Group>(plan)->grpColIdx, nullptr, nullptr, outerPlan(plan)});
    case T_Unique:
      return AddKeyColumns(w, plan, PredicateRole::kGroup,
                           {As<Unique>(plan)->numCols, As<Unique>(plan)->uniqColIdx, nullptr, nullptr, outerPlan(plan)});
    case T_WindowAgg:
      return AddKeyColumns(w, plan, PredicateRole::kGroup,
                           {As<WindowAgg>(plan)->partNumCols, As<WindowAgg>(plan)->partColIdx, nullptr, nullptr,
                            outerPlan(plan)});
    default:
      return;
  }
}

void AddConditions(const Walking& w, Plan* plan, PredicateRole role, List* clauses) {
  if (clauses == NIL) return;
  ClauseContext context{w.context, w.out, plan, role, nullptr, 0, 0};
  AddClauses(&context, clauses);
}

void AddNodeConditions(const Walking& w, Plan* plan) {
  switch (nodeTag(plan)) {
    case T_IndexScan:
      AddConditions(w, plan, PredicateRole::kIndex, As<IndexScan>(plan)->indexqualorig);
      break;
    case T_IndexOnlyScan:
      AddConditions(w, plan, PredicateRole::kIndex, As<IndexOnlyScan>(plan)->recheckqual);
      break;
    case T_BitmapHeapScan:
      // Covers the bitmap index scans beneath: their conditions, with OR where a BitmapOr combines them.
      AddConditions(w, plan, PredicateRole::kIndex, As<BitmapHeapScan>(plan)->bitmapqualorig);
      break;
    case T_NestLoop:
      AddConditions(w, plan, PredicateRole::kFilter, As<NestLoop>(plan)->join.joinqual);
      break;
    case T_MergeJoin:
      AddConditions(w, plan, PredicateRole::kJoin, As<MergeJoin>(plan)->mergeclauses);
      AddConditions(w, plan, PredicateRole::kFilter, As<MergeJoin>(plan)->join.joinqual);
      break;
    case T_HashJoin:
      AddConditions(w, plan, PredicateRole::kJoin, As<HashJoin>(plan)->hashclauses);
      AddConditions(w, plan, PredicateRole::kFilter, As<HashJoin>(plan)->join.joinqual);
      break;
    default:
      break;
  }
  AddConditions(w, plan, PredicateRole::kFilter, plan->qual);
}

void WalkNode(Plan* plan, void* argument) {
  if (plan == nullptr) return;
  check_stack_depth();
  const auto* walking = static_cast<Walking*>(argument);
  AddNodeConditions(*walking, plan);
  AddSortAndGroup(*walking, plan);
  ForEachChild(plan, WalkNode, argument);
}

// A condition that restricts a scan alone has the scan's selectivity, so what is measured at the scan is its own. Of several
// together it cannot be told which one let a row pass.
void MarkMeasured(DraftList* list) {
  for (int i = 0; i < list->count; i++) {
    store::PredicateRecord& record = list->items[i].record;
    if (record.role > PredicateRole::kIndex) continue;
    bool alone = true;
    for (int j = 0; j < list->count && alone; j++) {
      const store::PredicateRecord& other = list->items[j].record;
      alone = j == i || other.scan_no != record.scan_no || other.role > PredicateRole::kJoin || other.node != record.node;
    }
    if (alone) record.flags |= store::kMeasured;
  }
}

}  // namespace

void WalkPredicates(PlanContext* context, DraftList* out) {
  Walking walking{context, out};
  WalkNode(context->statement->planTree, &walking);
  ListCell* cell = nullptr;
  foreach (cell, context->statement->subplans) WalkNode(static_cast<Plan*>(lfirst(cell)), &walking);
  MarkMeasured(out);
  AddNeededColumns(context, out);
  AddUpdatedColumns(context, out);
}

}  // namespace steward::capture
