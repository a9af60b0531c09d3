// See plan_shape.hpp.
#include "whatif/plan_shape.hpp"

#include "pg/compat.hpp"
#include "pg/plan_tree.hpp"

extern "C" {
#include "common/hashfn.h"
#include "parser/parsetree.h"
}

namespace steward::whatif {

namespace {

using pg::NodeAs;

struct Walk {
  const PlannedStmt* statement;
  const List* without;
  uint64 hash;
  List* scans;
  uint32 kinds;
  bool found;
};

Oid TableOf(const Plan* plan, const PlannedStmt* statement) {
  const Index scanned = pg::ScanRelation(plan);
  if (scanned == 0) return InvalidOid;
  const RangeTblEntry* entry = rt_fetch(scanned, statement->rtable);
  return entry->rtekind == RTE_RELATION ? entry->relid : InvalidOid;
}

bool HasOid(const List* sorted, Oid oid) {
  int low = 0;
  int high = list_length(sorted);
  while (low < high) {
    const int middle = (low + high) / 2;
    if (list_nth_oid(sorted, middle) < oid)
      low = middle + 1;
    else
      high = middle;
  }
  return low < list_length(sorted) && list_nth_oid(sorted, low) == oid;
}

void FindLeftOut(Plan* plan, void* context) {
  check_stack_depth();
  auto* walk = static_cast<Walk*>(context);
  const Oid table = TableOf(plan, walk->statement);
  if (OidIsValid(table) && HasOid(walk->without, table)) walk->found = true;
  if (!walk->found) pg::ForEachChild(plan, FindLeftOut, context);
}

bool IsLeftOut(Plan* plan, const Walk& walk) {
  if (walk.without == NIL) return false;
  Walk find{walk.statement, walk.without, 0, NIL, 0, false};
  FindLeftOut(plan, &find);
  return find.found;
}

const List* Appended(const Plan* plan) {
  if (IsA(plan, Append)) return NodeAs<Append>(plan)->appendplans;
  return IsA(plan, MergeAppend) ? NodeAs<MergeAppend>(plan)->mergeplans : NIL;
}

int Conditions(const Plan* plan) {
  if (IsA(plan, IndexScan)) return list_length(NodeAs<IndexScan>(plan)->indexqual);
  if (IsA(plan, IndexOnlyScan)) return list_length(NodeAs<IndexOnlyScan>(plan)->indexqual);
  return IsA(plan, BitmapIndexScan) ? list_length(NodeAs<BitmapIndexScan>(plan)->indexqual) : 0;
}

void Mix(Walk* walk, uint64 value) {
  walk->hash = hash_combine64(walk->hash, value);
}

void Shape(Plan* plan, void* context);

void ShapeNode(Plan* plan, Walk* walk) {
  Mix(walk, static_cast<uint64>(nodeTag(plan)) << 8 | (plan->parallel_aware ? 1U : 0U));
  Mix(walk, pg::VariantOf(plan));
  Mix(walk, static_cast<uint64>(TableOf(plan, walk->statement)) << 32 | pg::ScannedIndex(plan));
  Mix(walk, static_cast<uint64>(Conditions(plan)));
}

void Shape(Plan* plan, void* context) {
  check_stack_depth();
  CHECK_FOR_INTERRUPTS();
  auto* walk = static_cast<Walk*>(context);
  const List* appended = Appended(plan);
  List* left = NIL;
  const ListCell* cell = nullptr;
  foreach (cell, appended)
    if (!IsLeftOut(static_cast<Plan*>(lfirst(cell)), *walk)) left = lappend(left, lfirst(cell));
  if (list_length(left) == 1) return Shape(static_cast<Plan*>(linitial(left)), context);
  ShapeNode(plan, walk);
  if (appended == NIL) pg::ForEachChild(plan, Shape, context);
  foreach (cell, left) Shape(static_cast<Plan*>(lfirst(cell)), context);
  Mix(walk, 1);  // closes the node: nesting takes part
}

void WalkAll(const PlannedStmt* plan, pg::PlanVisitor visit, Walk* walk) {
  visit(plan->planTree, walk);
  const ListCell* cell = nullptr;
  foreach (cell, plan->subplans)
    if (lfirst(cell) != nullptr) visit(static_cast<Plan*>(lfirst(cell)), walk);
}

void FindPruning(Plan* plan, void* context) {
  check_stack_depth();
  auto* walk = static_cast<Walk*>(context);
  const PartitionPruneInfo* pruning = pg::PruningOf(walk->statement, plan);
  const ListCell* tree = nullptr;
  foreach (tree, pruning == nullptr ? NIL : pruning->prune_infos) {
    const ListCell* level = nullptr;
    foreach (level, lfirst_node(List, tree))
      if (lfirst_node(PartitionedRelPruneInfo, level)->initial_pruning_steps != NIL) walk->found = true;
  }
  if (!walk->found) pg::ForEachChild(plan, FindPruning, context);
}

// The tables of the range table, as often as they stand in it, sorted.
List* TablesNamed(const PlannedStmt* plan) {
  List* relids = NIL;
  const ListCell* cell = nullptr;
  foreach (cell, plan->rtable) {
    const auto* entry = lfirst_node(RangeTblEntry, cell);
    if (entry->rtekind == RTE_RELATION) relids = lappend_oid(relids, entry->relid);
  }
  list_sort(relids, list_oid_cmp);
  return relids;
}

// How often `oid` stands in the sorted list from `*at` on; `*at` goes behind it.
int Count(const List* sorted, Oid oid, int* at) {
  while (*at < list_length(sorted) && list_nth_oid(sorted, *at) < oid) ++*at;
  const int first = *at;
  while (*at < list_length(sorted) && list_nth_oid(sorted, *at) == oid) ++*at;
  return *at - first;
}

void AddScan(Plan* plan, void* context) {
  check_stack_depth();
  auto* walk = static_cast<Walk*>(context);
  const Oid table = TableOf(plan, walk->statement);
  if (OidIsValid(table)) {
    auto* form = static_cast<ScanForm*>(palloc(sizeof(ScanForm)));
    *form = {table, pg::ScannedIndex(plan), nodeTag(plan)};
    walk->scans = lappend(walk->scans, form);
  }
  pg::ForEachChild(plan, AddScan, context);
}

int KindOf(const Plan* plan) {
  switch (nodeTag(plan)) {
    case T_NestLoop:
      return kNestedLoops;
    case T_MergeJoin:
      return kMergeJoins;
    case T_HashJoin:
      return kHashJoins;
    case T_Material:
      return kMaterializes;
    case T_Memoize:
      return kMemoizes;
    case T_Agg:
      return NodeAs<Agg>(plan)->aggstrategy == AGG_HASHED || NodeAs<Agg>(plan)->aggstrategy == AGG_MIXED ? kHashes : -1;
    case T_SetOp:
      return NodeAs<SetOp>(plan)->strategy == SETOP_HASHED ? kHashes : -1;
    case T_IncrementalSort:
      return kIncrementalSorts;
    case T_Gather:
      return kGathers;
    case T_GatherMerge:
      return kGatherMerges;
    default:
      return -1;
  }
}

void AddKind(Plan* plan, void* context) {
  check_stack_depth();
  const int kind = KindOf(plan);
  if (kind >= 0) static_cast<Walk*>(context)->kinds |= 1U << kind;
  pg::ForEachChild(plan, AddKind, context);
}

}  // namespace

uint64 ShapeOf(const PlannedStmt* plan, const List* without) {
  Walk walk{plan, without, static_cast<uint64>(plan->commandType), NIL, 0, false};
  WalkAll(plan, Shape, &walk);
  return walk.hash;
}

bool PrunesAtStart(const PlannedStmt* plan) {
  Walk walk{plan, NIL, 0, NIL, 0, false};
  WalkAll(plan, FindPruning, &walk);
  return walk.found;
}

bool RuledOut(const PlannedStmt* generic, const PlannedStmt* custom, List** relids) {
  *relids = NIL;
  const List* in_generic = TablesNamed(generic);
  const List* in_custom = TablesNamed(custom);
  int at_custom = 0;
  for (int at = 0; at < list_length(in_generic);) {
    const Oid relid = list_nth_oid(in_generic, at);
    const int times = Count(in_generic, relid, &at);
    const int left = Count(in_custom, relid, &at_custom);
    if (left > 0 && left != times) return false;
    if (left == 0) *relids = lappend_oid(*relids, relid);
  }
  return true;
}

List* ScansOf(const PlannedStmt* plan) {
  Walk walk{plan, NIL, 0, NIL, 0, false};
  WalkAll(plan, AddScan, &walk);
  return walk.scans;
}

uint32 KindsIn(const PlannedStmt* plan) {
  Walk walk{plan, NIL, 0, NIL, 0, false};
  WalkAll(plan, AddKind, &walk);
  return walk.kinds;
}

}  // namespace steward::whatif
