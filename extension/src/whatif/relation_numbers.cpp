// See relation_numbers.hpp.
#include "whatif/relation_numbers.hpp"

#include "whatif/path_order.hpp"

extern "C" {
#include "lib/stringinfo.h"
}

namespace steward::whatif {

namespace {

// The planner tries min() and max() as a query of their own for each, which ends at the first that no index helps: such
// levels come and go with the indexes. All of one level share a number, told apart by the order they want.
constexpr int kMinMaxOffset = 50;

bool IsMinMaxLevel(const PlannerInfo* root) {
  const PlannerInfo* parent = root->parent_root;
  if (parent == nullptr || root->limit_tuples != 1.0 || list_length(root->parse->targetList) != 1) return false;
  const char* name = linitial_node(TargetEntry, root->parse->targetList)->resname;
  return name != nullptr && strcmp(name, "agg_target") == 0 &&
         list_length(root->parse->rtable) == list_length(parent->parse->rtable);
}

List* WithLevels(List* roots, PlannerInfo* root) {
  check_stack_depth();
  roots = lappend(roots, root);
  for (int i = 1; i < root->simple_rel_array_size; ++i) {
    const RelOptInfo* rel = root->simple_rel_array[i];
    if (rel != nullptr && rel->subroot != nullptr) roots = WithLevels(roots, rel->subroot);
  }
  const ListCell* cell = nullptr;
  foreach (cell, root->init_plans) {
    PlannerInfo* level = LevelOfInitPlan(root, lfirst_node(SubPlan, cell));
    if (level != nullptr) roots = WithLevels(roots, level);
  }
  return roots;
}

int Position(const List* roots, const PlannerInfo* root) {
  const ListCell* cell = nullptr;
  foreach (cell, roots)
    if (lfirst(cell) == root) return foreach_current_index(cell);
  return -1;
}

}  // namespace

RelationNumbers NumberRelations(PlannerInfo* root, int planning) {
  return {WithLevels(NIL, root), planning * kPlanningStep};
}

PlannerInfo* LevelOfInitPlan(const PlannerInfo* root, const SubPlan* plan) {
  auto* level = static_cast<PlannerInfo*>(list_nth(root->glob->subroots, plan->plan_id - 1));
  return level->upper_rels[UPPERREL_FINAL] != NIL ? level : nullptr;
}

int RelationNumber(const RelationNumbers& numbers, const PlannerInfo* root, Index relid) {
  int level = Position(numbers.roots, root);
  if (level < 0 && IsMinMaxLevel(root)) {
    level = Position(numbers.roots, root->parent_root);
    if (level >= 0) level += kMinMaxOffset;
  } else if (level >= kMinMaxOffset) {
    return -1;
  }
  if (level < 0 || level >= 2 * kMinMaxOffset || relid >= static_cast<Index>(kLevelStep)) return -1;
  return numbers.base + level * kLevelStep + static_cast<int>(relid);
}

const char* RelationSet(const RelationNumbers& numbers, const PlannerInfo* root, Relids relids) {
  StringInfoData text;
  initStringInfo(&text);
  Relids parents = nullptr;
  for (int relid = -1; (relid = bms_next_member(relids, relid)) >= 0;)
    parents = bms_add_member(parents, static_cast<int>(TopmostParent(root, static_cast<Index>(relid))));
  for (int relid = -1; (relid = bms_next_member(parents, relid)) >= 0;) {
    if (text.len > 0) appendStringInfoChar(&text, ' ');
    appendStringInfo(&text, "%d", RelationNumber(numbers, root, static_cast<Index>(relid)));
  }
  return text.data;
}

}  // namespace steward::whatif
