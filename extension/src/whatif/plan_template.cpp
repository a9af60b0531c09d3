// See plan_template.hpp.
#include "whatif/plan_template.hpp"

#include <cmath>

#include "pg/compat.hpp"
#include "whatif/path_inputs.hpp"
#include "whatif/path_order.hpp"
#include "whatif/relation_numbers.hpp"

extern "C" {
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
}

namespace steward::whatif {

namespace {

constexpr int kMaxSlots = 64;

// One reading of a relation in a plan.
struct Slot {
  int relation;
  Access access;
  const char* outer;
  Demand weights;
};

struct Walk {
  const PlanningWatch* watch;
  RelationNumbers numbers;
  Slot slots[kMaxSlots];
  int count;
  bool failed;
};

void Visit(Walk* walk, PlannerInfo* root, const Path* path, const Demand& demand);

template <typename Node>
const Node* As(const Path* path) {
  return reinterpret_cast<const Node*>(path);
}

// Keys of the order that the statement or subquery itself wants, where its path has it without more ado.
int FinalKeys(const PlannerInfo* root, const Path* path) {
  return pathkeys_contained_in(root->sort_pathkeys, path->pathkeys) ? list_length(root->sort_pathkeys) : 0;
}

bool IsRead(const Path* path) {
  if (path->parent == nullptr || path->parent->rtekind != RTE_RELATION || !IS_SIMPLE_REL(path->parent)) return false;
  return path->pathtype == T_SeqScan || path->pathtype == T_IndexScan || path->pathtype == T_IndexOnlyScan ||
         path->pathtype == T_BitmapHeapScan;
}

PathCosts FoundCosts(const List* costs, const Path* path) {
  const ListCell* cell = nullptr;
  foreach (cell, costs)
    if (static_cast<const PathCosts*>(lfirst(cell))->path == path) return *static_cast<PathCosts*>(lfirst(cell));
  return {path, path->startup_cost, path->total_cost};
}

// Of a scan, as it was before the planner added what is computed from its rows.
PathCosts CostsOfScan(const PlanningWatch& watch, const Path* path) {
  const ListCell* relation = nullptr;
  foreach (relation, watch.relations) {
    const auto* watched = static_cast<const WatchedRelation*>(lfirst(relation));
    if (watched->rel == path->parent) return FoundCosts(watched->originals, path);
  }
  return {path, path->startup_cost, path->total_cost};
}

void AddSlot(Walk* walk, const PlannerInfo* root, const Path* path, const Demand& demand) {
  if (!IsRead(path)) {
    // What no index changes is part of what the plan costs by itself. Tables may be hidden in anything else.
    if (!IS_SIMPLE_REL(path->parent) && !IsA(path, GroupResultPath)) walk->failed = true;
    return;
  }
  const PathCosts costs = CostsOfScan(*walk->watch, path);
  Slot slot{};
  slot.relation = RelationNumber(walk->numbers, root, path->parent->relid);
  if (slot.relation < 0 || walk->count == kMaxSlots) {
    walk->failed = true;
    return;
  }
  const Probe& probe = walk->watch->probe;
  slot.outer = RelationSet(walk->numbers, root, PATH_REQ_OUTER(path));
  slot.access = {PATH_REQ_OUTER(path),
                 OrderOfPath(root, path, demand.ordered),
                 path->parallel_workers,
                 costs.startup,
                 costs.total,
                 CandidatesOfPath(path, probe.candidates, probe.ncandidates)};
  slot.weights = demand;
  walk->slots[walk->count++] = slot;
}

void VisitAppend(Walk* walk, PlannerInfo* root, const AppendPath* path, const Demand& demand) {
  const Cost total = FoundCosts(walk->watch->results, &path->path).total;
  const ListCell* cell = nullptr;
  foreach (cell, path->subpaths)
    Visit(walk, root, static_cast<const Path*>(lfirst(cell)),
          InputOfAppend(path, total, foreach_current_index(cell), demand));
}

void VisitMergeAppend(Walk* walk, PlannerInfo* root, const MergeAppendPath* path, const Demand& demand) {
  const ListCell* cell = nullptr;
  foreach (cell, path->subpaths) {
    const auto* input = static_cast<const Path*>(lfirst(cell));
    Visit(walk, root, input, InputOfMergeAppend(path, input, demand));
  }
}

void VisitJoin(Walk* walk, PlannerInfo* root, const JoinPath* path, const Demand& demand) {
  const JoinInputs inputs = InputsOfJoin(root, path, demand);
  Visit(walk, root, path->outerjoinpath, inputs.outer);
  Visit(walk, root, path->innerjoinpath, inputs.inner);
}

// Share of an initplan's rows that the planner charges for: of EXISTS the first.
double ShareOfRows(const SubPlan* plan, const Path* path) {
  return plan->subLinkType == EXISTS_SUBLINK ? 1.0 / clamp_row_est(path->rows) : 1.0;
}

// The path that make_subplan() takes for an initplan.
const Path* PathOfInitPlan(PlannerInfo* level, const SubPlan* plan) {
  RelOptInfo* result = fetch_upper_rel(level, UPPERREL_FINAL, nullptr);
  return get_cheapest_fractional_path(result, plan->subLinkType == EXISTS_SUBLINK ? 1.0 : 0.0);
}

// `path` is a result of the query level `root`. The level's initplans are charged to both its costs.
void VisitLevel(Walk* walk, PlannerInfo* root, const Path* path, const Demand& demand) {
  Visit(walk, root, path, demand);
  const ListCell* cell = nullptr;
  foreach (cell, root->init_plans) {
    const auto* plan = lfirst_node(SubPlan, cell);
    PlannerInfo* level = LevelOfInitPlan(root, plan);
    if (level == nullptr) continue;
    const Path* result = PathOfInitPlan(level, plan);
    Demand part = PartOfInput(result, ShareOfRows(plan, result), demand);
    part.ordered = FinalKeys(level, result);
    VisitLevel(walk, level, result, part);
  }
}

void VisitSubquery(Walk* walk, const SubqueryScanPath* path, const Demand& demand) {
  PlannerInfo* root = path->path.parent->subroot;
  const Path* input = path->subpath;
  const int keys = demand.ordered > 0 ? list_length(input->pathkeys) : FinalKeys(root, input);
  VisitLevel(walk, root, input, {demand.startup, demand.total, keys});
}

// The first row of each input is all that is read.
void VisitMinMax(Walk* walk, const MinMaxAggPath* path, const Demand& demand) {
  const ListCell* cell = nullptr;
  foreach (cell, path->mmaggregates) {
    const auto* aggregate = lfirst_node(MinMaxAggInfo, cell);
    const double rows = aggregate->path->parent->rows;
    Visit(walk, aggregate->subroot, aggregate->path,
          PartOfInput(aggregate->path, rows > 1.0 ? 1.0 / rows : 1.0, demand));
  }
}

void VisitSetOperation(Walk* walk, PlannerInfo* root, const SetOpPath* path, const Demand& demand) {
  const pg::SetOpInputs inputs = pg::InputsOfSetOp(path);
  const Path* const each[] = {inputs.left, inputs.right};
  for (const Path* input : each) {
    if (input == nullptr) continue;
    const Demand ordered{demand.startup, demand.total,
                         path->strategy == SETOP_SORTED ? list_length(input->pathkeys) : 0};
    Visit(walk, root, input, inputs.read_first ? WholeInput(demand) : ordered);
  }
}

// cost_recursive_union() takes it that the recursive term is run ten times.
void VisitRecursion(Walk* walk, PlannerInfo* root, const RecursiveUnionPath* path, const Demand& demand) {
  Visit(walk, root, path->leftpath, {demand.startup, demand.total, 0});
  Visit(walk, root, path->rightpath, {0.0, 10 * demand.total, 0});
}

void Visit(Walk* walk, PlannerInfo* root, const Path* path, const Demand& demand) {
  check_stack_depth();
  switch (nodeTag(path)) {
    case T_NestPath:
    case T_MergePath:
    case T_HashPath:
      return VisitJoin(walk, root, As<JoinPath>(path), demand);
    case T_AppendPath:
      return VisitAppend(walk, root, As<AppendPath>(path), demand);
    case T_MergeAppendPath:
      return VisitMergeAppend(walk, root, As<MergeAppendPath>(path), demand);
    case T_SubqueryScanPath:
      return VisitSubquery(walk, As<SubqueryScanPath>(path), demand);
    case T_MinMaxAggPath:
      return VisitMinMax(walk, As<MinMaxAggPath>(path), demand);
    case T_SetOpPath:
      return VisitSetOperation(walk, root, As<SetOpPath>(path), demand);
    case T_RecursiveUnionPath:
      return VisitRecursion(walk, root, As<RecursiveUnionPath>(path), demand);
    default: {
      const PathInput input = OnlyInput(root, path, FoundCosts(walk->watch->results, path), demand);
      if (input.path != nullptr) return Visit(walk, root, input.path, input.demand);
      AddSlot(walk, root, path, demand);
    }
  }
}

void AppendAccess(StringInfo out, int relation, const char* outer, const Access& access, const Demand* weights) {
  appendStringInfo(out, "%s[%d,\"%s\",\"%s\",%d,", out->len > 0 ? "," : "", relation, outer, access.order,
                   access.workers);
  if (weights != nullptr) appendStringInfo(out, "%.15g,%.15g,", weights->startup, weights->total);
  appendStringInfo(out, "%.15g,%.15g,[", access.startup, access.total);
  const ListCell* cell = nullptr;
  foreach (cell, access.candidates)
    appendStringInfo(out, "%s%d", foreach_current_index(cell) > 0 ? "," : "", lfirst_int(cell));
  appendStringInfoString(out, "]]");
}

void AddTemplate(PlanDetails* details, Walk* walk, double total_cost, double share) {
  const PlanningWatch& watch = *walk->watch;
  const Path* path = watch.final_rel->cheapest_total_path;
  VisitLevel(walk, watch.root, path, {0.0, 1.0, FinalKeys(watch.root, path)});
  double read = 0;
  for (int i = 0; i < walk->count && !walk->failed; ++i) {
    Slot* slot = &walk->slots[i];
    read += slot->weights.startup * slot->access.startup + slot->weights.total * slot->access.total;
    slot->weights.startup *= share;
    slot->weights.total *= share;
    AppendAccess(details->slots, slot->relation, slot->outer, slot->access, &slot->weights);
  }
  details->internal += share * (total_cost - read);
  if (walk->failed || !std::isfinite(read)) details->decomposed = false;
}

void AddRelations(PlanDetails* details, const Walk& walk) {
  const ListCell* relation = nullptr;
  foreach (relation, walk.watch->relations) {
    const auto* watched = static_cast<const WatchedRelation*>(lfirst(relation));
    const int number = RelationNumber(walk.numbers, watched->root, watched->rel->relid);
    if (number < 0) {
      MemoryContext before = MemoryContextSwitchTo(details->memory);
      details->opaque = list_append_unique_oid(details->opaque, watched->relid);
      MemoryContextSwitchTo(before);
      continue;
    }
    const ListCell* cell = nullptr;
    foreach (cell, watched->accesses) {
      const auto* access = static_cast<const Access*>(lfirst(cell));
      if (!std::isfinite(access->total)) continue;  // JSON has no infinity, and nobody wants this one
      AppendAccess(details->accesses, number, RelationSet(walk.numbers, watched->root, access->outer), *access,
                   nullptr);
    }
  }
}

}  // namespace

PlanDetails* MakePlanDetails(bool templates, bool probed) {
  auto* details = static_cast<PlanDetails*>(palloc0(sizeof(PlanDetails)));
  details->memory = CurrentMemoryContext;
  details->decomposed = true;
  if (templates) details->slots = makeStringInfo();
  if (probed) details->accesses = makeStringInfo();
  return details;
}

void AddPlanning(PlanDetails* details, const PlanningWatch& watch, double total_cost, double share) {
  const int planning = details->plannings++;
  if (watch.root == nullptr) {
    details->decomposed = false;
    return;
  }
  auto* walk = static_cast<Walk*>(palloc0(sizeof(Walk)));
  walk->watch = &watch;
  walk->numbers = NumberRelations(watch.root, planning);
  if (details->slots != nullptr) AddTemplate(details, walk, total_cost, share);
  AddRelations(details, *walk);
}

const char* TemplateJson(const PlanDetails* details) {
  if (details == nullptr || details->slots == nullptr || !details->decomposed) return nullptr;
  StringInfoData json;
  initStringInfo(&json);
  appendStringInfo(&json, "{\"internal\":%.15g,\"slots\":[%s],\"opaque_relids\":[", details->internal,
                   details->slots->data);
  const ListCell* cell = nullptr;
  foreach (cell, details->opaque)
    appendStringInfo(&json, "%s%u", foreach_current_index(cell) > 0 ? "," : "", lfirst_oid(cell));
  appendStringInfoString(&json, "]}");
  return json.data;
}

const char* AccessesJson(const PlanDetails* details) {
  if (details == nullptr || details->accesses == nullptr) return nullptr;
  return psprintf("[%s]", details->accesses->data);
}

}  // namespace steward::whatif
