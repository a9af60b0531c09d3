// See plan_pin.hpp.
#include "whatif/plan_pin.hpp"

#include "pg/compat.hpp"
#include "pg/role.hpp"
#include "whatif/access_probe.hpp"
#include "whatif/borrowed_hook.hpp"
#include "whatif/plan_shape.hpp"

extern "C" {
#include "optimizer/cost.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/plancat.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"
}

namespace steward::whatif {

namespace {

// The planner's own switches, by the kind of node that each of them disables.
struct Switch {
  const char* setting;
  PlanKind kind;
};
const Switch kSwitches[] = {
    {"enable_nestloop", kNestedLoops},
    {"enable_mergejoin", kMergeJoins},
    {"enable_hashjoin", kHashJoins},
    {"enable_material", kMaterializes},
    {"enable_memoize", kMemoizes},
    {"enable_hashagg", kHashes},
    {"enable_incremental_sort", kIncrementalSorts},
    {"enable_gathermerge", kGatherMerges},
};

BorrowedHook<get_relation_info_hook_type> info_hook = {nullptr, false};
BorrowedHook<set_rel_pathlist_hook_type> rel_hook = {nullptr, false};
BorrowedHook<set_join_pathlist_hook_type> join_hook = {nullptr, false};
const PlanPin* active = nullptr;
ParamListInfo active_token = nullptr;

bool IsPinned(const PlannerInfo* root) {
  return active != nullptr && root->glob->boundParams == active_token;
}

// How the plan reads one table.
struct Forms {
  bool any;
  bool sequential;
  bool by_tid;
  bool bitmap;
  bool index;
  List* indexes;
};

Forms FormsOf(Oid relid) {
  Forms forms{};
  const ListCell* cell = nullptr;
  foreach (cell, active->scans) {
    const auto* scan = static_cast<const ScanForm*>(lfirst(cell));
    if (scan->relid != relid) continue;
    forms.any = true;
    forms.sequential |= scan->kind == T_SeqScan;
    forms.by_tid |= scan->kind == T_TidScan || scan->kind == T_TidRangeScan;
    forms.bitmap |= scan->kind == T_BitmapIndexScan;
    forms.index |= scan->kind == T_IndexScan || scan->kind == T_IndexOnlyScan;
    if (OidIsValid(scan->index)) forms.indexes = list_append_unique_oid(forms.indexes, scan->index);
  }
  return forms;
}

// What index access methods can do, as far as the plan makes use of it; else what is not allowed could drive out what
// is.
void AddIndexPaths(PlannerInfo* root, RelOptInfo* rel, const Forms& forms) {
  List* all = rel->indexlist;
  List* allowed = NIL;
  const ListCell* cell = nullptr;
  foreach (cell, all) {
    auto* info = lfirst_node(IndexOptInfo, cell);
    if (!list_member_oid(forms.indexes, info->indexoid)) continue;
    auto* copy = static_cast<IndexOptInfo*>(palloc(sizeof(IndexOptInfo)));
    *copy = *info;
    copy->amhasgettuple = info->amhasgettuple && forms.index;
    copy->amhasgetbitmap = info->amhasgetbitmap && forms.bitmap;
    allowed = lappend(allowed, copy);
  }
  rel->indexlist = allowed;
  create_index_paths(root, rel);
  rel->indexlist = all;  // what it says of uniqueness still counts
}

// Where the plan has none, one is there all the same: each table must have a path of its own.
void AddSequentialPaths(PlannerInfo* root, RelOptInfo* rel, bool allowed) {
  Path* scan = create_seqscan_path(root, rel, rel->lateral_relids, 0);
  if (!allowed) pg::Discourage(scan);
  add_path(rel, scan);
  if (!allowed || !rel->consider_parallel || rel->lateral_relids != nullptr) return;
  const int workers = compute_parallel_worker(rel, rel->pages, -1, max_parallel_workers_per_gather);
  if (workers > 0) add_partial_path(rel, create_seqscan_path(root, rel, nullptr, workers));
}

void RelationInfoHook(PlannerInfo* root, Oid relid, bool inhparent, RelOptInfo* rel) {
  if (info_hook.previous != nullptr) info_hook.previous(root, relid, inhparent, rel);
  // At this point, as the planner itself does of a partition whose own conditions contradict the query's.
  if (IsPinned(root) && list_member_oid(active->ruled_out, relid)) mark_dummy_rel(rel);
}

void RelationHook(PlannerInfo* root, RelOptInfo* rel, Index rti, RangeTblEntry* entry) {
  if (rel_hook.previous != nullptr) rel_hook.previous(root, rel, rti, entry);
  if (!IsPinned(root) || entry->rtekind != RTE_RELATION || !HasPlainPaths(rel, entry)) return;
  const Forms forms = FormsOf(entry->relid);
  if (!forms.any) return;
  rel->pathlist = NIL;
  rel->partial_pathlist = NIL;
  AddSequentialPaths(root, rel, forms.sequential);
  if (forms.indexes != NIL) AddIndexPaths(root, rel, forms);
  if (forms.by_tid) create_tidscan_paths(root, rel);
}

void JoinHook(PlannerInfo* root, RelOptInfo* join, RelOptInfo* outer, RelOptInfo* inner, JoinType type,
              JoinPathExtraData* extra) {
  if (join_hook.previous != nullptr) join_hook.previous(root, join, outer, inner, type, extra);
  // A genetic search frees, after each tour, what was allocated in it: nothing can be kept from one to the next.
  if (IsPinned(root) && active->joins != nullptr && root->join_search_private == nullptr)
    HoldToOrder(active->joins, {root, join, outer, inner, type, extra});
}

}  // namespace

PlannedStmt* PlanPinned(const Query* query, ParamListInfo values, const PlanPin& pin) {
  const int level = NewGUCNestLevel();
  for (const Switch& toggle : kSwitches)
    if ((pin.kinds & (1U << toggle.kind)) == 0) pg::SetForRole(toggle.setting, "off");
  if ((pin.kinds & ((1U << kGathers) | (1U << kGatherMerges))) == 0)
    pg::SetForRole("max_parallel_workers_per_gather", "0");
  auto* copy = castNode(Query, copyObjectImpl(query));
  active = &pin;
  active_token = values;
  info_hook.Take(&get_relation_info_hook, RelationInfoHook);
  rel_hook.Take(&set_rel_pathlist_hook, RelationHook);
  join_hook.Take(&set_join_pathlist_hook, JoinHook);
  PlannedStmt* plan = planner(copy, "", CURSOR_OPT_PARALLEL_OK, values);
  EndPinning();
  AtEOXact_GUC(false, level);
  return plan;
}

void EndPinning() {
  if (active == nullptr) return;
  join_hook.GiveBack(&set_join_pathlist_hook, JoinHook);
  rel_hook.GiveBack(&set_rel_pathlist_hook, RelationHook);
  info_hook.GiveBack(&get_relation_info_hook, RelationInfoHook);
  active = nullptr;
  active_token = nullptr;
}

}  // namespace steward::whatif
