// Paths with one input, and appends. See path_inputs.hpp; joins are in path_inputs_join.cpp.
#include "whatif/path_inputs.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "utils/selfuncs.h"
}

namespace steward::whatif {

namespace {

// What passing a row on costs an Append, of cpu_tuple_cost: costsize.c keeps it to itself.
constexpr double kAppendCost = 0.5;

template <typename Node>
const Node* As(const Path* path) {
  return reinterpret_cast<const Node*>(path);
}

Demand Ordered(const Demand& demand, int keys) {
  return {demand.startup, demand.total, Max(demand.ordered, keys)};
}

Demand Unordered(const Demand& demand) {
  return {demand.startup, demand.total, 0};
}

int AllKeys(const Path* path) {
  return list_length(path->pathkeys);
}

// startup_cost and total_cost of a Limit are at shares of the way from the input's startup to its total cost.
Demand LimitedInput(const LimitPath* path, const PathCosts& own, const Demand& demand) {
  const Path* input = path->subpath;
  const double run = input->total_cost - input->startup_cost;
  double skipped = 0;
  double read = input->rows > 0 ? Min(path->path.rows / input->rows, 1.0) : 1.0;
  if (run > 0) {
    skipped = (own.startup - input->startup_cost) / run;
    read = (own.total - input->startup_cost) / run;
  }
  const double weight = demand.startup * skipped + demand.total * read;
  return {demand.startup + demand.total - weight, weight, demand.ordered};
}

// How many groups of rows with equal presorted keys cost_incremental_sort() expects.
double PresortedGroups(PlannerInfo* root, const IncrementalSortPath* path) {
  const double rows = Max(path->spath.subpath->rows, 2.0);
  List* expressions = NIL;
  const ListCell* cell = nullptr;
  foreach (cell, path->spath.path.pathkeys) {
    if (foreach_current_index(cell) >= path->nPresortedCols) break;
    const auto* member = linitial_node(EquivalenceMember, lfirst_node(PathKey, cell)->pk_eclass->ec_members);
    if (bms_is_member(0, pull_varnos(root, reinterpret_cast<Node*>(member->em_expr))))
      return Min(rows, static_cast<double>(DEFAULT_NUM_DISTINCT));
    expressions = lappend(expressions, member->em_expr);
  }
  return estimate_num_groups(root, expressions, rows, nullptr, nullptr);
}

// The first group is read before the first row comes.
Demand IncrementallySorted(PlannerInfo* root, const IncrementalSortPath* path, const Demand& demand) {
  const double first = demand.startup / PresortedGroups(root, path);
  return {demand.startup - first, demand.total + first, path->nPresortedCols};
}

Demand Grouped(const Path* input, AggStrategy strategy, int columns, const Demand& demand) {
  if (strategy == AGG_PLAIN || strategy == AGG_HASHED) return WholeInput(demand);
  return Ordered(demand, Min(columns, AllKeys(input)));
}

PathInput InputOfUnique(const UniquePath* path, const Demand& demand) {
  if (path->umethod == UNIQUE_PATH_NOOP) return {path->subpath, demand};
  return {path->subpath, WholeInput(demand)};
}

// What needs an order of its input, or destroys it.
PathInput InputOfGrouping(const Path* path, const Demand& demand) {
  switch (nodeTag(path)) {
    case T_GroupPath: {
      const auto* group = As<GroupPath>(path);
      return {group->subpath, Grouped(group->subpath, AGG_SORTED, list_length(group->groupClause), demand)};
    }
    case T_AggPath: {
      const auto* agg = As<AggPath>(path);
      return {agg->subpath, Grouped(agg->subpath, agg->aggstrategy, list_length(agg->groupClause), demand)};
    }
    case T_GroupingSetsPath: {
      const auto* sets = As<GroupingSetsPath>(path);
      return {sets->subpath, Grouped(sets->subpath, sets->aggstrategy, AllKeys(sets->subpath), demand)};
    }
    case T_UpperUniquePath:
      return {As<UpperUniquePath>(path)->subpath, Ordered(demand, As<UpperUniquePath>(path)->numkeys)};
    case T_UniquePath:
      return InputOfUnique(As<UniquePath>(path), demand);
    case T_WindowAggPath:
      return {As<WindowAggPath>(path)->subpath, Ordered(demand, AllKeys(As<WindowAggPath>(path)->subpath))};
    default:
      return {nullptr, demand};
  }
}

PathInput InputOfSortOrGather(PlannerInfo* root, const Path* path, const Demand& demand) {
  switch (nodeTag(path)) {
    case T_SortPath:
      return {As<SortPath>(path)->subpath, WholeInput(demand)};
    case T_IncrementalSortPath: {
      const auto* sort = As<IncrementalSortPath>(path);
      return {sort->spath.subpath, IncrementallySorted(root, sort, demand)};
    }
    case T_GatherPath:
      return {As<GatherPath>(path)->subpath, Unordered(demand)};
    case T_GatherMergePath: {
      const Path* input = As<GatherMergePath>(path)->subpath;
      if (!pathkeys_contained_in(path->pathkeys, input->pathkeys)) return {input, WholeInput(demand)};
      return {input, Ordered(demand, AllKeys(path))};
    }
    default:
      return InputOfGrouping(path, demand);
  }
}

// Of what runs at once in several workers, the planner adds what the busiest one does.
double ShareOfWholeInputs(const AppendPath* path, Cost total) {
  double whole = 0;
  double partial = 0;
  const ListCell* cell = nullptr;
  foreach (cell, path->subpaths) {
    double* sum = foreach_current_index(cell) < path->first_partial_path ? &whole : &partial;
    *sum += static_cast<const Path*>(lfirst(cell))->total_cost;
  }
  const double overhead = cpu_tuple_cost * kAppendCost * path->path.rows;
  return whole > 0 ? Min(Max((total - overhead - partial) / whole, 0.0), 1.0) : 1.0;
}

}  // namespace

PathInput OnlyInput(PlannerInfo* root, const Path* path, const PathCosts& own, const Demand& demand) {
  switch (nodeTag(path)) {
    case T_ProjectionPath:
      return {As<ProjectionPath>(path)->subpath, demand};
    case T_ProjectSetPath:
      return {As<ProjectSetPath>(path)->subpath, demand};
    case T_MaterialPath:
      return {As<MaterialPath>(path)->subpath, demand};
    case T_MemoizePath:
      return {As<MemoizePath>(path)->subpath, demand};
    case T_LockRowsPath:
      return {As<LockRowsPath>(path)->subpath, demand};
    case T_ModifyTablePath:
      return {As<ModifyTablePath>(path)->subpath, demand};
    case T_LimitPath:
      return {As<LimitPath>(path)->subpath, LimitedInput(As<LimitPath>(path), own, demand)};
    default:
      return InputOfSortOrGather(root, path, demand);
  }
}

Demand InputOfAppend(const AppendPath* path, Cost total, int position, const Demand& demand) {
  const auto* input = static_cast<const Path*>(list_nth(path->subpaths, position));
  const double startup = position == 0 ? demand.startup : 0.0;
  if (list_length(path->subpaths) == 1) return demand;
  if (path->path.parallel_aware) {
    const double share = position < path->first_partial_path ? ShareOfWholeInputs(path, total) : 1.0;
    return {startup, demand.total * share, 0};
  }
  if (path->path.pathkeys == NIL) return {startup, demand.total, 0};
  if (!pathkeys_contained_in(path->path.pathkeys, input->pathkeys)) return WholeInput(demand);
  return Ordered(demand, list_length(path->path.pathkeys));
}

Demand InputOfMergeAppend(const MergeAppendPath* path, const Path* input, const Demand& demand) {
  if (!pathkeys_contained_in(path->path.pathkeys, input->pathkeys)) return WholeInput(demand);
  return Ordered(demand, list_length(path->path.pathkeys));
}

Demand PartOfInput(const Path* input, double fraction, const Demand& demand) {
  const double weight = demand.startup + demand.total;
  return {weight * (1.0 - fraction), weight * fraction, AllKeys(input)};
}

Demand WholeInput(const Demand& demand) {
  return {0.0, demand.startup + demand.total, 0};
}

}  // namespace steward::whatif
