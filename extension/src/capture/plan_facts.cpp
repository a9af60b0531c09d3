// See plan_facts.hpp.
#include "capture/plan_facts.hpp"

#include "capture/deparse_settings.hpp"
#include "capture/plan_sight.hpp"
#include "capture/plan_walk.hpp"
#include "capture/predicate_walk.hpp"
#include "pg/protected_call.hpp"

extern "C" {
#include "catalog/pg_class_d.h"
#include "parser/parsetree.h"
}

namespace steward::capture {

namespace {

// A short list of OIDs without duplicates.
struct OidSet {
  Oid items[store::kMaxPlanRelations];
  uint16 count;

  void Add(Oid oid) {
    if (!OidIsValid(oid) || count >= store::kMaxPlanRelations) return;
    for (uint16 i = 0; i < count; i++)
      if (items[i] == oid) return;
    items[count++] = oid;
  }
};

struct Collection {
  PlannedStmt* statement;
  ParamListInfo parameters;
  bool predicates;
  MemoryContext target;
  OidSet relations;
  OidSet indexes;
  store::PlanNotes notes;
};

void CollectNode(Plan* plan, void* argument) {
  if (plan == nullptr) return;
  check_stack_depth();
  auto* collection = static_cast<Collection*>(argument);
  const Index scan = ScanRelation(plan);
  if (scan > 0 && rt_fetch(scan, collection->statement->rtable)->rtekind == RTE_RELATION)
    collection->relations.Add(rt_fetch(scan, collection->statement->rtable)->relid);
  collection->indexes.Add(ScannedIndex(plan));
  ForEachChild(plan, CollectNode, argument);
}

// In protection of its own: a plan is kept without it rather than not at all.
void CollectSight(void* argument) {
  auto* collection = static_cast<Collection*>(argument);
  const OidSet& relations = collection->relations;
  const OidSet& indexes = collection->indexes;
  collection->notes.sight_length =
      WriteSight(SightSource{collection->statement, collection->parameters, relations.items, relations.count, indexes.items,
                             indexes.count},
                 collection->notes.sight);
}

void Collect(void* argument) {
  auto* collection = static_cast<Collection*>(argument);
  PlannedStmt* statement = collection->statement;
  ListCell* cell = nullptr;
  CollectNode(statement->planTree, argument);
  foreach (cell, statement->subplans) CollectNode(static_cast<Plan*>(lfirst(cell)), argument);
  foreach (cell, statement->resultRelations)
    collection->relations.Add(rt_fetch(static_cast<Index>(lfirst_int(cell)), statement->rtable)->relid);

  collection->notes.sight = static_cast<char*>(MemoryContextAlloc(collection->target, core::kMaxSightBytes));
  if (!pg::RunProtected(CollectSight, argument)) collection->notes.sight_length = 0;
  auto* list = static_cast<DraftList*>(palloc0(sizeof(DraftList)));
  if (collection->predicates) {
    PinDeparseSettings();
    PlanContext context = MakePlanContext(statement, collection->parameters);
    WalkPredicates(&context, list);
  }
  const OidSet& relations = collection->relations;
  const OidSet& indexes = collection->indexes;
  MemoryContextSwitchTo(collection->target);
  collection->notes.facts =
      SerializeFacts(FactParts{list, relations.items, relations.count, indexes.items, indexes.count},
                     &collection->notes.facts_length);
}

}  // namespace

bool CollectNotes(const PlanSource& source, bool predicates, MemoryContext context, store::PlanNotes* notes) {
  Collection collection{};
  collection.statement = source.statement;
  collection.parameters = source.parameters;
  collection.predicates = predicates;
  collection.target = context;
  if (!pg::RunProtected(Collect, &collection)) return false;
  *notes = collection.notes;
  return true;
}

bool TouchesUserRelation(const PlannedStmt* statement) {
  ListCell* cell = nullptr;
  foreach (cell, statement->rtable) {
    const auto* rte = lfirst_node(RangeTblEntry, cell);
    // A view's own entry stays in the range table for the permission check only.
    if (rte->rtekind == RTE_RELATION && rte->relkind != RELKIND_VIEW && IsUserRelation(rte->relid)) return true;
  }
  return false;
}

}  // namespace steward::capture
