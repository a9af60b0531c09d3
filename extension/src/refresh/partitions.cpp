// See partitions.hpp. pg_inherits is scanned without locking the tables.
#include "refresh/partitions.hpp"

extern "C" {
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "common/hashfn.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
}

namespace steward::refresh {

namespace {

bool IsTable(Reach reach) { return reach == Reach::kTable || reach == Reach::kForeign; }

void AddDescendants(Reading* reading, const SeenRelation& root) {
  List* members = find_all_inheritors(root.relid, NoLock, nullptr);
  list_sort(members, list_oid_cmp);
  auto* leaves = static_cast<LeafSet*>(palloc(sizeof(LeafSet)));
  *leaves = LeafSet{root.relid, list_length(members), 0};
  reading->via = psprintf("table %s", RelationName(root.relid));
  ListCell* cell = nullptr;
  foreach (cell, members) {
    CHECK_FOR_INTERRUPTS();
    const Oid relid = lfirst_oid(cell);
    Mix(&leaves->hash, relid);
    if (relid == root.relid) continue;
    bool is_new = false;
    SeenRelation* member = NoteRelation(reading, relid, Reach::kDescendant, &is_new);
    if (member == nullptr || member->facts.relkind != RELKIND_FOREIGN_TABLE) continue;
    member->facts.reach = Reach::kForeign;
    NoteReason(reading, "foreign table %s", RelationName(relid));
  }
  Mix(&reading->leaves, root.relid);
  Mix(&reading->leaves, leaves->hash);
  reading->leaf_sets = lappend(reading->leaf_sets, leaves);
}

List* ParentsOf(Oid relid) {
  List* parents = NIL;
  Relation catalog = table_open(InheritsRelationId, AccessShareLock);
  ScanKeyData key;
  ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relid));
  SysScanDesc scan = systable_beginscan(catalog, InheritsRelidSeqnoIndexId, true, nullptr, 1, &key);
  HeapTuple tuple = nullptr;
  while (HeapTupleIsValid(tuple = systable_getnext(scan)))
    parents = lappend_oid(parents, reinterpret_cast<const FormData_pg_inherits*>(GETSTRUCT(tuple))->inhparent);
  systable_endscan(scan);
  table_close(catalog, AccessShareLock);
  return parents;
}

// Grows the list it goes through: an ancestor's ancestors come later.
void AddAncestors(Reading* reading) {
  for (int i = 0; i < list_length(reading->relations); i++) {
    CHECK_FOR_INTERRUPTS();
    const auto* child = static_cast<const SeenRelation*>(list_nth(reading->relations, i));
    const Reach reach = child->facts.reach;
    // A partition found below what is read has its only parent there.
    const bool is_within = reach == Reach::kDescendant && child->is_partition;
    if (is_within || (!IsTable(reach) && reach != Reach::kDescendant && reach != Reach::kAncestor)) continue;
    List* parents = ParentsOf(child->relid);
    if (parents == NIL) continue;
    reading->via = psprintf("table %s", RelationName(child->relid));
    ListCell* cell = nullptr;
    bool is_new = false;
    foreach (cell, parents) (void)NoteRelation(reading, lfirst_oid(cell), Reach::kAncestor, &is_new);
  }
}

}  // namespace

void ExpandTables(Reading* reading) {
  const int named = list_length(reading->relations);
  for (int i = 0; i < named; i++) {
    const auto* relation = static_cast<const SeenRelation*>(list_nth(reading->relations, i));
    if (IsTable(relation->facts.reach) && relation->inherit &&
        (relation->has_children || relation->facts.relkind == RELKIND_PARTITIONED_TABLE))
      AddDescendants(reading, *relation);
  }
  AddAncestors(reading);
}

}  // namespace steward::refresh
