// See predicate_walk.hpp. Which columns a plan's UPDATEs set: an index on one of them ends HOT for these updates. Of a
// partitioned table they are noted once, as columns of the table that the statement names.
#include "capture/plan_walk.hpp"
#include "capture/predicate_walk.hpp"

extern "C" {
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
}

namespace steward::capture {

namespace {

struct Updating {
  PlanContext* context;
  DraftList* out;
};

void AddColumns(const Updating& updating, ModifyTable* modify, List* columns) {
  const List* rtable = updating.context->statement->rtable;
  const auto target = static_cast<Index>(linitial_int(modify->resultRelations));
  const Oid relid = rt_fetch(target, rtable)->relid;
  const Index named = modify->rootRelation > 0 ? modify->rootRelation : target;
  ClauseContext context{updating.context, updating.out, &modify->plan, store::PredicateRole::kUpdate, nullptr, 0, 0};
  ListCell* cell = nullptr;
  foreach (cell, columns) {
    auto attnum = static_cast<AttrNumber>(lfirst_int(cell));
    if (named != target) {
      const char* name = get_attname(relid, attnum, true);
      attnum = name == nullptr ? InvalidAttrNumber : get_attnum(rt_fetch(named, rtable)->relid, name);
    }
    if (!AttributeNumberIsValid(attnum)) continue;
    const Side key{SideKind::kKey, named, attnum, nullptr, nullptr};
    AddKey(&context, key, store::PredicateRole::kUpdate, store::PredicateKind::kNone, InvalidOid, nullptr);
  }
}

void Visit(Plan* plan, void* argument) {
  if (plan == nullptr) return;
  check_stack_depth();
  if (IsA(plan, ModifyTable)) {
    const auto* updating = static_cast<Updating*>(argument);
    auto* modify = reinterpret_cast<ModifyTable*>(plan);
    if (modify->operation == CMD_UPDATE && modify->updateColnosLists != NIL)
      AddColumns(*updating, modify, linitial_node(List, modify->updateColnosLists));
    if (modify->onConflictCols != NIL) AddColumns(*updating, modify, modify->onConflictCols);
    ListCell* cell = nullptr;
    if (modify->mergeActionLists != NIL)
      foreach (cell, linitial_node(List, modify->mergeActionLists)) {
        const auto* action = lfirst_node(MergeAction, cell);
        if (action->commandType == CMD_UPDATE) AddColumns(*updating, modify, action->updateColnos);
      }
  }
  ForEachChild(plan, Visit, argument);
}

}  // namespace

void AddUpdatedColumns(PlanContext* context, DraftList* out) {
  Updating updating{context, out};
  Visit(context->statement->planTree, &updating);
  ListCell* cell = nullptr;
  foreach (cell, context->statement->subplans) Visit(static_cast<Plan*>(lfirst(cell)), &updating);
}

}  // namespace steward::capture
