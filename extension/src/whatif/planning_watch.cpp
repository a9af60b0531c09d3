// See planning_watch.hpp.
#include "whatif/planning_watch.hpp"

#include "whatif/borrowed_hook.hpp"
#include "whatif/inject.hpp"

extern "C" {
#include "optimizer/paths.h"
#include "optimizer/planner.h"
}

namespace steward::whatif {

namespace {

BorrowedHook<set_rel_pathlist_hook_type> rel_hook = {nullptr, false};
BorrowedHook<create_upper_paths_hook_type> upper_hook = {nullptr, false};
PlanningWatch* active = nullptr;
ParamListInfo active_token = nullptr;

bool IsWatched(const PlannerInfo* root) {
  return active != nullptr && root->glob->boundParams == active_token;
}

void RelationHook(PlannerInfo* root, RelOptInfo* rel, Index rti, RangeTblEntry* entry) {
  if (rel_hook.previous != nullptr) rel_hook.previous(root, rel, rti, entry);
  if (!IsWatched(root) || entry->rtekind != RTE_RELATION) return;
  auto* relation = static_cast<WatchedRelation*>(palloc0(sizeof(WatchedRelation)));
  relation->root = root;
  relation->rel = rel;
  relation->relid = entry->relid;
  relation->originals = CostsOfPaths(rel);
  if (HasPlainPaths(rel, entry)) relation->accesses = ProbeAccesses(root, rel, entry->relid, active->probe);
  DropCarriers(rel);
  active->relations = lappend(active->relations, relation);
}

void UpperHook(PlannerInfo* root, UpperRelationKind stage, RelOptInfo* input, RelOptInfo* output, void* extra) {
  if (upper_hook.previous != nullptr) upper_hook.previous(root, stage, input, output, extra);
  if (!IsWatched(root) || stage != UPPERREL_FINAL) return;
  active->results = list_concat(active->results, CostsOfPaths(output));
  if (root->parent_root != nullptr) return;
  active->root = root;
  active->final_rel = output;
}

}  // namespace

void Watch(PlanningWatch* watch, ParamListInfo token) {
  active = watch;
  active_token = token;
  if (watch != nullptr) {
    rel_hook.Take(&set_rel_pathlist_hook, RelationHook);
    upper_hook.Take(&create_upper_paths_hook, UpperHook);
  } else {
    rel_hook.GiveBack(&set_rel_pathlist_hook, RelationHook);
    upper_hook.GiveBack(&create_upper_paths_hook, UpperHook);
  }
}

}  // namespace steward::whatif
