// See inject.hpp.
#include "whatif/inject.hpp"

#include "whatif/borrowed_hook.hpp"
#include "whatif/brin_cost.hpp"
#include "whatif/planning_watch.hpp"

extern "C" {
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "rewrite/rewriteManip.h"
#include "utils/lsyscache.h"
}

namespace steward::whatif {

namespace {

BorrowedHook<get_relation_info_hook_type> hook = {nullptr, false};
ActiveConfiguration active = {nullptr, nullptr, nullptr};

bool IsHidden(const Configuration& configuration, Oid index) {
  for (int i = 0; i < configuration.nhidden; ++i)
    if (configuration.hidden[i] == index) return true;
  return false;
}

void HideIndexes(const Configuration& configuration, RelOptInfo* rel) {
  if (configuration.nhidden == 0) return;
  ListCell* cell = nullptr;
  foreach (cell, rel->indexlist) {
    if (IsHidden(configuration, lfirst_node(IndexOptInfo, cell)->indexoid))
      rel->indexlist = foreach_delete_current(rel->indexlist, cell);
  }
}

// The columns of an index scan's tuples, as build_index_tlist() makes them.
List* IndexTargets(const IndexOptInfo* info, Index varno, Oid relid) {
  List* targets = NIL;
  const ListCell* expression = list_head(info->indexprs);
  for (int i = 0; i < info->ncolumns; ++i) {
    Expr* column = nullptr;
    if (info->indexkeys[i] != 0) {
      const auto attnum = static_cast<AttrNumber>(info->indexkeys[i]);
      Oid type = InvalidOid;
      int32 typmod = -1;
      Oid collation = InvalidOid;
      get_atttypetypmodcoll(relid, attnum, &type, &typmod, &collation);
      column = reinterpret_cast<Expr*>(makeVar(static_cast<int>(varno), attnum, type, typmod, collation, 0));
    } else {
      column = static_cast<Expr*>(lfirst(expression));
      expression = lnext(info->indexprs, expression);
    }
    targets = lappend(targets, makeTargetEntry(column, static_cast<AttrNumber>(i + 1), nullptr, false));
  }
  return targets;
}

void AddCandidates(const Configuration& configuration, Oid relid, RelOptInfo* rel) {
  for (int i = 0; i < configuration.nchosen; ++i) {
    const Candidate& candidate = configuration.candidates[configuration.chosen[i]];
    for (int p = 0; p < candidate.nparts; ++p) {
      // In front, where get_relation_info() puts the newest index.
      if (candidate.parts[p].relid == relid)
        rel->indexlist = lcons(MakeIndexInfo(candidate.parts[p], rel), rel->indexlist);
    }
  }
}

void Inject(const PlannerInfo* root, Oid relid, bool inhparent, RelOptInfo* rel) {
  if (root->glob->boundParams != active.token || inhparent) return;
  HideIndexes(*active.configuration, rel);
  AddCandidates(*active.configuration, relid, rel);
}

void RelationInfoHook(PlannerInfo* root, Oid relid, bool inhparent, RelOptInfo* rel) {
  if (hook.previous != nullptr) hook.previous(root, relid, inhparent, rel);
  if (active.configuration != nullptr) Inject(root, relid, inhparent, rel);
}

void PutInForce(const ActiveConfiguration& next) {
  if (next.configuration != nullptr)
    hook.Take(&get_relation_info_hook, RelationInfoHook);
  else
    hook.GiveBack(&get_relation_info_hook, RelationInfoHook);
  Watch(next.watch, next.token);
  active = next;
}

}  // namespace

IndexOptInfo* MakeIndexInfo(const HypotheticalIndex& part, RelOptInfo* rel) {
  auto* injected = static_cast<InjectedIndex*>(palloc0(sizeof(InjectedIndex)));
  IndexOptInfo* info = &injected->info;
  *info = *part.info;
  injected->pages_per_range = part.pages_per_range;
  if (part.pages_per_range != 0) HonourPagesPerRange(injected);
  info->rel = rel;
  info->tuples = info->indpred == NIL ? rel->tuples : clamp_row_est(rel->tuples * part.row_fraction);
  info->indexprs = static_cast<List*>(copyObjectImpl(info->indexprs));
  info->indpred = static_cast<List*>(copyObjectImpl(info->indpred));
  if (rel->relid != 1) {
    ChangeVarNodes(reinterpret_cast<Node*>(info->indexprs), 1, static_cast<int>(rel->relid), 0);
    ChangeVarNodes(reinterpret_cast<Node*>(info->indpred), 1, static_cast<int>(rel->relid), 0);
  }
  info->indextlist = IndexTargets(info, rel->relid, part.relid);
  return info;
}

ActiveConfiguration BeginConfiguration(const ActiveConfiguration& next) {
  const ActiveConfiguration before = active;
  PutInForce(next);
  return before;
}

void EndConfiguration(const ActiveConfiguration& before) {
  PutInForce(before);
}

}  // namespace steward::whatif
