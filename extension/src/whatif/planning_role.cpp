// See planning_role.hpp.
#include "whatif/planning_role.hpp"

#include "whatif/code_trust.hpp"

extern "C" {
#include "access/relation.h"
#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "optimizer/optimizer.h"
#include "utils/syscache.h"
}

namespace steward::whatif {

namespace {

Oid OwnerOf(Oid relid) {
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
  if (!HeapTupleIsValid(tuple))
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("a relation of the statement does not exist any more")));
  const Oid owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relowner;
  ReleaseSysCache(tuple);
  return owner;
}

// The one ordinary role that owns the relations, or InvalidOid when superusers own them all. The server's own relations
// run nobody's code.
Oid CommonOwner(const List* relids) {
  Oid common = InvalidOid;
  bool superusers = false;
  bool mixed = false;
  const ListCell* cell = nullptr;
  foreach (cell, relids) {
    if (lfirst_oid(cell) < FirstNormalObjectId) continue;
    const Oid owner = OwnerOf(lfirst_oid(cell));
    if (superuser_arg(owner)) {
      superusers = true;
      continue;
    }
    mixed |= OidIsValid(common) && common != owner;
    common = owner;
  }
  if (mixed || (superusers && OidIsValid(common)))
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("a superuser's statement on relations of different owners cannot be costed"),
                    errhint("Run it once as a role that is not a superuser.")));
  return common;
}

// Everything that planning will open.
List* AllRelations(List* queries) {
  List* named = NIL;
  List* functions = NIL;
  bool row_security = false;
  extract_query_dependencies(reinterpret_cast<Node*>(queries), &named, &functions, &row_security);
  List* all = NIL;
  ListCell* cell = nullptr;
  foreach (cell, named) {
    if (list_member_oid(all, lfirst_oid(cell))) continue;
    all = list_concat_unique_oid(all, find_all_inheritors(lfirst_oid(cell), AccessShareLock, nullptr));
  }
  return all;
}

}  // namespace

Oid PlanningRole(Oid role, const store::PlannableRecord& record) {
  if (!superuser_arg(role)) return role;
  List* relids = NIL;
  for (int i = 0; i < record.nrelations; ++i) relids = lappend_oid(relids, record.relations[i]);
  const Oid owner = CommonOwner(relids);
  return OidIsValid(owner) ? owner : role;
}

void RequirePlanningRole(Oid planning_role, List* queries) {
  const List* relids = AllRelations(queries);
  const Oid owner = CommonOwner(relids);
  if (OidIsValid(owner) ? owner != planning_role : !superuser_arg(planning_role))
    ereport(ERROR,
            (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("the statement's relations have changed since it was captured")));
  if (OidIsValid(owner)) return;
  RequireTrustedCode(reinterpret_cast<Node*>(queries), InvalidOid);
  const ListCell* cell = nullptr;
  foreach (cell, relids) {
    if (lfirst_oid(cell) < FirstNormalObjectId) continue;
    Relation relation = relation_open(lfirst_oid(cell), AccessShareLock);
    RequireTrustedRelation(relation, InvalidOid);
    relation_close(relation, NoLock);
  }
}

}  // namespace steward::whatif
