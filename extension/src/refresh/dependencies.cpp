// See dependencies.hpp.
#include "refresh/dependencies.hpp"

#include "pg/protected_call.hpp"
#include "refresh/partitions.hpp"
#include "refresh/reading.hpp"
#include "refresh/tree_walk.hpp"

extern "C" {
#include "catalog/pg_class.h"
#include "utils/lsyscache.h"
}

namespace steward::refresh {

namespace {

struct Call {
  Oid view;
  Dependencies* out;
  MemoryContext results;
};

const char* Keep(const char* text) { return text != nullptr ? pstrdup(text) : nullptr; }

HTAB* MakeSeen() {
  HASHCTL control = {};
  control.keysize = sizeof(Oid);
  control.entrysize = sizeof(SeenRelation);
  control.hcxt = CurrentMemoryContext;
  return hash_create("pg_steward dependencies", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

void CopyRelations(const Reading& reading, Dependencies* out) {
  const int count = list_length(reading.relations);
  out->relations = static_cast<DependencyRelation*>(palloc(sizeof(DependencyRelation) * static_cast<size_t>(Max(count, 1))));
  out->parents = static_cast<Oid*>(palloc(sizeof(Oid) * static_cast<size_t>(Max(count, 1))));
  const char* last_via = nullptr;  // shared by the thousands of partitions of one table
  const char* last_copy = nullptr;
  ListCell* cell = nullptr;
  foreach (cell, reading.relations) {
    const DependencyRelation& from = static_cast<const SeenRelation*>(lfirst(cell))->facts;
    if (from.via != last_via) last_copy = Keep(from.via);
    last_via = from.via;
    DependencyRelation& to = out->relations[out->relation_count++];
    to = from;
    to.via = last_copy;
    if (from.reach == Reach::kMatview)
      out->parents[out->parent_count++] = from.relid;
    else if (RELKIND_HAS_STORAGE(from.relkind))
      Mix(&out->storage_key, (static_cast<uint64>(from.relid) << 32) | from.relfilenode);
  }
}

void CopyLeafSets(const Reading& reading, Dependencies* out) {
  const int count = list_length(reading.leaf_sets);
  out->leaf_sets = static_cast<LeafSet*>(palloc(sizeof(LeafSet) * static_cast<size_t>(Max(count, 1))));
  ListCell* cell = nullptr;
  foreach (cell, reading.leaf_sets) out->leaf_sets[out->leaf_set_count++] = *static_cast<const LeafSet*>(lfirst(cell));
}

void Read(void* argument) {
  const auto* call = static_cast<const Call*>(argument);
  Reading reading = {};
  reading.view = call->view;
  reading.rule_of = call->view;
  reading.seen = MakeSeen();
  Query* query = ReadRule(call->view, &reading.definition);
  if (query == nullptr)
    NoteReason(&reading, "the materialized view has no definition");
  else
    WalkTree(&reading, reinterpret_cast<Node*>(query));
  ExpandTables(&reading);
  MemoryContextSwitchTo(call->results);
  Dependencies* out = call->out;
  CopyRelations(reading, out);
  CopyLeafSets(reading, out);
  out->definition_key = reading.definition;
  out->leaf_key = reading.leaves;
  out->by_changes = reading.reason == nullptr;
  out->reason = Keep(reading.reason);
}

}  // namespace

bool ReadDependencies(Oid view, Dependencies* out) {
  *out = Dependencies{};
  out->relid = view;
  if (get_rel_relkind(view) != RELKIND_MATVIEW) return false;
  Call call = {view, out, CurrentMemoryContext};
  if (pg::RunProtected(Read, &call)) return true;
  *out = Dependencies{};
  out->relid = view;
  out->reason = "its definition cannot be read";
  return true;
}

}  // namespace steward::refresh
