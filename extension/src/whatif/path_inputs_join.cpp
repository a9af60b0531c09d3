// Joins. See path_inputs.hpp.
#include "whatif/path_inputs.hpp"

#include <cmath>

#include "pg/compat.hpp"

extern "C" {
#include "nodes/makefuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "utils/selfuncs.h"
}

namespace steward::whatif {

namespace {

// What each scan after the first costs, where the first costs startup and total: startup * startup of startup and
// startup * total_of_startup + total * total_of_total of total.
struct Rescan {
  double startup;
  double total_of_startup;
  double total_of_total;
};

// How often the cost of a scan's rows is paid: of the first scan, and of all others together.
struct Scans {
  double first;
  double others;
};

// Share of the scans under a Memoize that it does not answer itself, as cost_memoize_rescan() estimates it.
double MissRatio(PlannerInfo* root, const MemoizePath* path) {
  EstimationInfo info;
  double distinct = estimate_num_groups(root, path->param_exprs, path->calls, nullptr, &info);
  if ((info.flags & SELFLAG_USED_DEFAULT) != 0) distinct = path->calls;
  const double kept = path->est_entries >= std::floor(distinct) ? 1.0 : path->est_entries / distinct;
  return 1.0 - Max(kept - distinct / path->calls, 0.0);
}

// As cost_rescan().
Rescan RescanOf(PlannerInfo* root, const Path* path) {
  switch (path->pathtype) {
    case T_Material:
    case T_Sort:
    case T_CteScan:
    case T_WorkTableScan:
      return {0, 0, 0};
    case T_FunctionScan:
      return {0, -1, 1};
    case T_HashJoin:
      if (reinterpret_cast<const HashPath*>(path)->num_batches == 1) return {0, -1, 1};
      return {1, 0, 1};
    case T_Memoize: {
      const double misses = MissRatio(root, reinterpret_cast<const MemoizePath*>(path));
      return {misses, 0, misses};
    }
    default:
      return {1, 0, 1};
  }
}

const List* SimpleIndexClauses(const Path* path) {
  if (IsA(path, BitmapHeapPath)) path = reinterpret_cast<const BitmapHeapPath*>(path)->bitmapqual;
  return IsA(path, IndexPath) ? reinterpret_cast<const IndexPath*>(path)->indexclauses : NIL;
}

// As has_indexed_join_quals(): the inner scan finds by its index that a row has no match.
bool HasIndexedJoinClauses(const JoinPath* path) {
  const Path* inner = path->innerjoinpath;
  if (path->joinrestrictinfo != NIL || inner->param_info == nullptr) return false;
  auto* indexed = const_cast<List*>(SimpleIndexClauses(inner));
  bool found = false;
  const ListCell* cell = nullptr;
  foreach (cell, inner->param_info->ppi_clauses) {
    auto* clause = lfirst_node(RestrictInfo, cell);
    if (!join_clause_is_movable_into(clause, inner->parent->relids, path->path.parent->relids)) continue;
    if (!is_redundant_with_indexclauses(clause, indexed)) return false;
    found = true;
  }
  return found;
}

Relids TopRelids(const RelOptInfo* rel) {
  return rel->top_parent_relids != nullptr ? rel->top_parent_relids : rel->relids;
}

// The outer, semi- or antijoin that `path` carries out, or an inner join as make_join_rel() makes one up.
SpecialJoinInfo* JoinInfoOf(PlannerInfo* root, const JoinPath* path) {
  const RelOptInfo* outer = path->outerjoinpath->parent;
  const RelOptInfo* inner = path->innerjoinpath->parent;
  const ListCell* cell = nullptr;
  foreach (cell, root->join_info_list) {
    auto* info = lfirst_node(SpecialJoinInfo, cell);
    if (bms_is_subset(info->min_righthand, TopRelids(inner)) && bms_is_subset(info->min_lefthand, TopRelids(outer)))
      return info;
  }
  auto* info = makeNode(SpecialJoinInfo);
  info->min_lefthand = info->syn_lefthand = outer->relids;
  info->min_righthand = info->syn_righthand = inner->relids;
  info->jointype = JOIN_INNER;
  return info;
}

// The clauses of the join, also those that the inner path takes care of.
List* JoinClauses(const JoinPath* path) {
  const Path* inner = path->innerjoinpath;
  List* clauses = list_copy(path->joinrestrictinfo);
  const ListCell* cell = nullptr;
  foreach (cell, inner->param_info != nullptr ? inner->param_info->ppi_clauses : NIL) {
    auto* clause = lfirst_node(RestrictInfo, cell);
    if (join_clause_is_movable_into(clause, inner->parent->relids, path->path.parent->relids))
      clauses = list_append_unique_ptr(clauses, clause);
  }
  return clauses;
}

// Scans that end at the first match, as final_cost_nestloop() counts them.
Scans ScansToFirstMatch(PlannerInfo* root, const JoinPath* path) {
  SemiAntiJoinFactors factors{};
  compute_semi_anti_join_factors(root, path->path.parent, path->outerjoinpath->parent, path->innerjoinpath->parent,
                                 path->jointype, JoinInfoOf(root, path), JoinClauses(path), &factors);
  const double rows = Max(path->outerjoinpath->rows, 1.0);
  double matched = std::rint(rows * factors.outer_match_frac);
  double unmatched = rows - matched;
  const double share = 2.0 / (factors.match_count + 1.0);
  if (HasIndexedJoinClauses(path))
    return {share, Max(matched - 1, 0.0) * share + unmatched / Max(path->innerjoinpath->rows, 1.0)};
  double* in_full = unmatched >= 1 ? &unmatched : &matched;
  *in_full -= 1;
  return {1.0, Max(matched, 0.0) * share + Max(unmatched, 0.0)};
}

JoinInputs InputsOfNestLoop(PlannerInfo* root, const JoinPath* path, const Demand& demand) {
  const double others = Max(path->outerjoinpath->rows, 1.0) - 1.0;
  const bool ends_early = path->jointype == JOIN_SEMI || path->jointype == JOIN_ANTI || path->inner_unique;
  const Scans scans = ends_early ? ScansToFirstMatch(root, path) : Scans{1.0, others};
  const Rescan rescan = RescanOf(root, path->innerjoinpath);
  const double of_startup =
      1.0 - scans.first + others * rescan.startup + scans.others * (rescan.total_of_startup - rescan.startup);
  const double of_total = scans.first + scans.others * rescan.total_of_total;
  return {demand, {demand.startup + demand.total * of_startup, demand.total * of_total, 0}};
}

// Of an input in order the share up to `begin` is read before the first row of the join comes, and up to `end` in all.
Demand MergedInput(const Path* input, int keys, double begin, double end, const Demand& demand) {
  const double weight = demand.startup * begin + demand.total * end;
  return {demand.startup + demand.total - weight, weight, Min(keys, list_length(input->pathkeys))};
}

JoinInputs InputsOfMergeJoin(PlannerInfo* root, const MergePath* path, const Demand& demand) {
  const Path* outer = path->jpath.outerjoinpath;
  const Path* inner = path->jpath.innerjoinpath;
  const int keys = list_length(path->path_mergeclauses);
  const JoinCostWorkspace read = pg::MergeJoinRows(root, path);
  const double outer_rows = Max(outer->rows, 1.0);
  const double inner_rows = Max(inner->rows, 1.0);
  JoinInputs inputs{WholeInput(demand), WholeInput(demand)};
  if (path->outersortkeys == NIL)
    inputs.outer = MergedInput(outer, Max(keys, demand.ordered), read.outer_skip_rows / outer_rows,
                               read.outer_rows / outer_rows, demand);
  if (path->innersortkeys == NIL)
    inputs.inner = MergedInput(inner, keys, read.inner_skip_rows / inner_rows, read.inner_rows / inner_rows, demand);
  return inputs;
}

}  // namespace

JoinInputs InputsOfJoin(PlannerInfo* root, const JoinPath* path, const Demand& demand) {
  switch (nodeTag(path)) {
    case T_NestPath:
      return InputsOfNestLoop(root, path, demand);
    case T_MergePath:
      return InputsOfMergeJoin(root, reinterpret_cast<const MergePath*>(path), demand);
    default:
      return {{demand.startup, demand.total, 0}, WholeInput(demand)};
  }
}

}  // namespace steward::whatif
