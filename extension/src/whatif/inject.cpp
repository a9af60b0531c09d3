// See inject.hpp.
#include "whatif/inject.hpp"

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

get_relation_info_hook_type previous_hook = nullptr;
// Nearly always while a configuration is in force; for good where another library has put its hook before ours meanwhile.
bool in_chain = false;
ActiveConfiguration active = {nullptr, nullptr};

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

void AddIndex(const HypotheticalIndex& part, RelOptInfo* rel) {
  auto* info = makeNode(IndexOptInfo);
  *info = *part.info;
  info->rel = rel;
  info->tuples = info->indpred == NIL ? rel->tuples : clamp_row_est(rel->tuples * part.row_fraction);
  info->indexprs = static_cast<List*>(copyObjectImpl(info->indexprs));
  info->indpred = static_cast<List*>(copyObjectImpl(info->indpred));
  if (rel->relid != 1) {
    ChangeVarNodes(reinterpret_cast<Node*>(info->indexprs), 1, static_cast<int>(rel->relid), 0);
    ChangeVarNodes(reinterpret_cast<Node*>(info->indpred), 1, static_cast<int>(rel->relid), 0);
  }
  info->indextlist = IndexTargets(info, rel->relid, part.relid);
  // In front, where get_relation_info() puts the newest index.
  rel->indexlist = lcons(info, rel->indexlist);
}

void AddCandidates(const Configuration& configuration, Oid relid, RelOptInfo* rel) {
  for (int i = 0; i < configuration.nchosen; ++i) {
    const Candidate& candidate = configuration.candidates[configuration.chosen[i]];
    for (int p = 0; p < candidate.nparts; ++p)
      if (candidate.parts[p].relid == relid) AddIndex(candidate.parts[p], rel);
  }
}

void Inject(const PlannerInfo* root, Oid relid, bool inhparent, RelOptInfo* rel) {
  if (root->glob->boundParams != active.token || inhparent) return;
  HideIndexes(*active.configuration, rel);
  AddCandidates(*active.configuration, relid, rel);
}

void RelationInfoHook(PlannerInfo* root, Oid relid, bool inhparent, RelOptInfo* rel) {
  if (previous_hook != nullptr) previous_hook(root, relid, inhparent, rel);
  if (active.configuration != nullptr) Inject(root, relid, inhparent, rel);
}

void PutInForce(const ActiveConfiguration& next) {
  if (!in_chain && next.configuration != nullptr) {
    previous_hook = get_relation_info_hook;
    get_relation_info_hook = RelationInfoHook;
    in_chain = true;
  } else if (next.configuration == nullptr && get_relation_info_hook == RelationInfoHook) {
    get_relation_info_hook = previous_hook;
    in_chain = false;
  }
  active = next;
}

}  // namespace

ActiveConfiguration BeginConfiguration(const Configuration* configuration, ParamListInfo token) {
  const ActiveConfiguration before = active;
  PutInForce({configuration, token});
  return before;
}

void EndConfiguration(const ActiveConfiguration& before) {
  PutInForce(before);
}

}  // namespace steward::whatif
