// See inject.hpp.
#include "whatif/inject.hpp"

#include "whatif/borrowed_hook.hpp"
#include "whatif/brin_cost.hpp"
#include "whatif/planning_watch.hpp"

extern "C" {
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
}

namespace steward::whatif {

namespace {

BorrowedHook<get_relation_info_hook_type> hook = {nullptr, false};
BorrowedHook<get_index_stats_hook_type> statistics_hook = {nullptr, false};
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

bool IsCarried(const List* carriers, const IndexOptInfo* info) {
  const ListCell* cell = nullptr;
  foreach (cell, carriers)
    if (equal(lfirst_node(IndexOptInfo, cell)->indexprs, info->indexprs)) return true;
  return false;
}

// An index of which the planner can use nothing but what is known of its expressions.
IndexOptInfo* MakeCarrier(const HypotheticalIndex& part, RelOptInfo* rel) {
  IndexOptInfo* info = MakeIndexInfo(part, rel);
  info->opfamily = static_cast<Oid*>(palloc0(sizeof(Oid) * static_cast<Size>(info->ncolumns)));
  info->sortopfamily = nullptr;
  info->canreturn = static_cast<bool*>(palloc0(sizeof(bool) * static_cast<Size>(info->ncolumns)));
  info->unique = info->amoptionalkey = info->amcanorderbyop = info->amsearchnulls = false;
  return info;
}

// A probe learns after the planner has estimated rows what an index would give: what is known of the expressions of probed
// candidates has to be known before.
void AddCarriers(const Probe& probe, Oid relid, RelOptInfo* rel) {
  List* carriers = NIL;
  for (int i = 0; i < probe.nchosen; ++i) {
    const Candidate& candidate = probe.candidates[probe.chosen[i]];
    for (int p = 0; p < candidate.nparts; ++p) {
      const HypotheticalIndex& part = candidate.parts[p];
      if (part.relid != relid || part.statistics == nullptr) continue;
      IndexOptInfo* carrier = MakeCarrier(part, rel);
      if (!IsCarried(carriers, carrier)) carriers = lappend(carriers, carrier);
    }
  }
  rel->indexlist = list_concat(rel->indexlist, carriers);
}

void Inject(const PlannerInfo* root, Oid relid, bool inhparent, RelOptInfo* rel) {
  if (root->glob->boundParams != active.token || inhparent) return;
  HideIndexes(*active.configuration, rel);
  AddCandidates(*active.configuration, relid, rel);
  if (active.watch != nullptr) AddCarriers(active.watch->probe, relid, rel);
}

// Where no relation is named, as when the planner asks for the order of an index, any partition's does.
const HypotheticalIndex* PartOf(const Candidate* candidates, const int* chosen, int nchosen, Oid index, Oid relid) {
  for (int i = 0; i < nchosen; ++i) {
    const Candidate& candidate = candidates[chosen[i]];
    for (int p = 0; candidate.index == index && p < candidate.nparts; ++p)
      if (!OidIsValid(relid) || candidate.parts[p].relid == relid) return &candidate.parts[p];
  }
  return nullptr;
}

const HypotheticalIndex* FindPart(Oid index, Oid relid) {
  const Configuration& configuration = *active.configuration;
  const HypotheticalIndex* part =
      PartOf(configuration.candidates, configuration.chosen, configuration.nchosen, index, relid);
  if (part != nullptr || active.watch == nullptr) return part;
  const Probe& probe = active.watch->probe;
  return PartOf(probe.candidates, probe.chosen, probe.nchosen, index, relid);
}

void KeepStatistics(HeapTuple /*ours*/) {}

// As the planner asks before it lets operators that may tell values look at statistics.
bool MayLookAt(PlannerInfo* root, const RelOptInfo* rel) {
  const RangeTblEntry* entry = planner_rt_fetch(rel->relid, root);
  if (entry->securityQuals != NIL) return false;
  const Oid user = OidIsValid(rel->userid) ? rel->userid : GetUserId();
  if (pg_class_aclcheck(entry->relid, user, ACL_SELECT) == ACLCHECK_OK) return true;
  if (rel->top_parent_relids == nullptr) return false;
  const RangeTblEntry* parent =
      planner_rt_fetch(static_cast<Index>(bms_singleton_member(rel->top_parent_relids)), root);
  return parent->rtekind == RTE_RELATION && parent->securityQuals == NIL &&
         pg_class_aclcheck(parent->relid, user, ACL_SELECT) == ACLCHECK_OK;
}

bool IndexStatisticsHook(PlannerInfo* root, Oid index, AttrNumber column, VariableStatData* variable) {
  if (statistics_hook.previous != nullptr && statistics_hook.previous(root, index, column, variable)) return true;
  if (active.configuration == nullptr || root->glob->boundParams != active.token) return false;
  const Oid relid = variable->rel == nullptr ? InvalidOid : planner_rt_fetch(variable->rel->relid, root)->relid;
  const HypotheticalIndex* part = FindPart(index, relid);
  if (part == nullptr || part->statistics == nullptr || part->statistics[column - 1] == nullptr) return false;
  variable->statsTuple = part->statistics[column - 1];
  variable->freefunc = KeepStatistics;
  variable->acl_ok = variable->rel != nullptr && MayLookAt(root, variable->rel);
  return true;
}

void RelationInfoHook(PlannerInfo* root, Oid relid, bool inhparent, RelOptInfo* rel) {
  if (hook.previous != nullptr) hook.previous(root, relid, inhparent, rel);
  if (active.configuration != nullptr) Inject(root, relid, inhparent, rel);
}

void PutInForce(const ActiveConfiguration& next) {
  if (next.configuration != nullptr) {
    hook.Take(&get_relation_info_hook, RelationInfoHook);
    statistics_hook.Take(&get_index_stats_hook, IndexStatisticsHook);
  } else {
    hook.GiveBack(&get_relation_info_hook, RelationInfoHook);
    statistics_hook.GiveBack(&get_index_stats_hook, IndexStatisticsHook);
  }
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

void DropCarriers(RelOptInfo* rel) {
  ListCell* cell = nullptr;
  foreach (cell, rel->indexlist) {
    const auto* info = lfirst_node(IndexOptInfo, cell);
    if (info->hypothetical && !OidIsValid(info->opfamily[0]))
      rel->indexlist = foreach_delete_current(rel->indexlist, cell);
  }
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
