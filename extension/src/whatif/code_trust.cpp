// See code_trust.hpp.
#include "whatif/code_trust.hpp"

#include "pg/query_walk.hpp"

extern "C" {
#include "access/transam.h"
#include "catalog/pg_index.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"
}

namespace steward::whatif {

namespace {

bool IsTrusted(Oid role, Oid owner) {
  return role == owner || superuser_arg(role);
}

void Refuse(const char* kind, const char* name, Oid owner) {
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                  OidIsValid(owner)
                      ? errmsg("%s \"%s\" belongs neither to a superuser nor to the owner of the table", kind, name)
                      : errmsg("%s \"%s\" does not belong to a superuser", kind, name),
                  errdetail("Planning may run it.")));
}

bool UntrustedFunction(Oid function, void* context) {
  const Oid owner = *static_cast<const Oid*>(context);
  if (function < FirstGenbkiObjectId) return false;
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for function %u", function);
  const auto* form = reinterpret_cast<const FormData_pg_proc*>(GETSTRUCT(tuple));
  if (!IsTrusted(form->proowner, owner)) Refuse("function", NameStr(form->proname), owner);
  ReleaseSysCache(tuple);
  return false;
}

// The type that a node makes values of, InvalidOid for nodes that only pass them on.
Oid MadeType(const Node* node) {
  switch (nodeTag(node)) {
    case T_Const:
    case T_Param:
    case T_FuncExpr:
    case T_ArrayExpr:
    case T_RowExpr:
    case T_FieldStore:
    case T_CoerceViaIO:
    case T_CoerceToDomain:
    case T_ArrayCoerceExpr:
    case T_ConvertRowtypeExpr:
      return exprType(node);
    default:
      return InvalidOid;
  }
}

bool Walk(Node* node, void* context) {
  if (node == nullptr) return false;
  check_stack_depth();
  if (IsA(node, Query)) return pg::WalkQueryTree(castNode(Query, node), Walk, context, 0);
  check_functions_in_node(node, UntrustedFunction, context);
  if (const Oid type = MadeType(node); OidIsValid(type)) RequireTrustedType(type, *static_cast<const Oid*>(context));
  return pg::WalkChildren(node, Walk, context);
}

// An expression as the catalog keeps it. The relation cache would evaluate its constant parts.
void RequireTrustedStored(int cache, HeapTuple tuple, AttrNumber attribute, Oid owner) {
  bool is_null = false;
  const Datum stored = SysCacheGetAttr(cache, tuple, attribute, &is_null);
  if (!is_null) RequireTrustedCode(static_cast<Node*>(stringToNode(TextDatumGetCString(stored))), owner);
}

void RequireTrustedIndexes(Relation relation, Oid owner) {
  ListCell* cell = nullptr;
  foreach (cell, RelationGetIndexList(relation)) {
    HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));
    if (!HeapTupleIsValid(tuple)) continue;
    RequireTrustedStored(INDEXRELID, tuple, Anum_pg_index_indexprs, owner);
    RequireTrustedStored(INDEXRELID, tuple, Anum_pg_index_indpred, owner);
    ReleaseSysCache(tuple);
  }
}

void RequireTrustedStatistics(Relation relation, Oid owner) {
  ListCell* cell = nullptr;
  foreach (cell, RelationGetStatExtList(relation)) {
    HeapTuple tuple = SearchSysCache1(STATEXTOID, ObjectIdGetDatum(lfirst_oid(cell)));
    if (!HeapTupleIsValid(tuple)) continue;
    RequireTrustedStored(STATEXTOID, tuple, Anum_pg_statistic_ext_stxexprs, owner);
    ReleaseSysCache(tuple);
  }
}

void RequireTrustedConstraints(Relation relation, Oid owner) {
  const TupleDesc descriptor = RelationGetDescr(relation);
  const TupleConstr* constraints = descriptor->constr;
  if (constraints == nullptr) return;
  for (int i = 0; i < constraints->num_check; ++i)
    RequireTrustedCode(static_cast<Node*>(stringToNode(constraints->check[i].ccbin)), owner);
  for (int i = 0; i < constraints->num_defval; ++i) {
    const AttrDefault& value = constraints->defval[i];
    if (TupleDescAttr(descriptor, value.adnum - 1)->attgenerated != '\0')
      RequireTrustedCode(static_cast<Node*>(stringToNode(value.adbin)), owner);
  }
}

void RequireTrustedDomain(Oid type, Oid owner) {
  HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
  if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for type %u", type);
  const auto* form = reinterpret_cast<const FormData_pg_type*>(GETSTRUCT(tuple));
  if (!IsTrusted(form->typowner, owner)) Refuse("type", NameStr(form->typname), owner);
  ReleaseSysCache(tuple);
}

void RequireTrustedRow(TupleDesc descriptor, Oid owner) {
  for (int i = 0; i < descriptor->natts; ++i) {
    const Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
    if (!attribute->attisdropped) RequireTrustedType(attribute->atttypid, owner);
  }
}

}  // namespace

void RequireTrustedCode(Node* tree, Oid owner) {
  Walk(tree, &owner);
}

void RequireTrustedType(Oid type, Oid owner) {
  check_stack_depth();
  if (type < FirstGenbkiObjectId) return;
  if (const Oid element = get_element_type(type); OidIsValid(element)) return RequireTrustedType(element, owner);
  switch (get_typtype(type)) {
    case TYPTYPE_DOMAIN:
      RequireTrustedDomain(type, owner);
      return RequireTrustedType(getBaseType(type), owner);
    case TYPTYPE_RANGE:  // its owner chose the functions that make its values canonical
      RequireTrustedDomain(type, owner);
      return RequireTrustedType(get_range_subtype(type), owner);
    case TYPTYPE_MULTIRANGE:
      return RequireTrustedType(get_multirange_range(type), owner);
    case TYPTYPE_COMPOSITE: {
      const TupleDesc descriptor = lookup_rowtype_tupdesc(type, -1);
      RequireTrustedRow(descriptor, owner);
      ReleaseTupleDesc(descriptor);
      return;
    }
    default:
      return;
  }
}

void RequireTrustedColumns(Relation relation, Oid owner) {
  RequireTrustedRow(RelationGetDescr(relation), owner);
}

void RequireTrustedRelation(Relation relation, Oid owner) {
  RequireTrustedConstraints(relation, owner);
  RequireTrustedIndexes(relation, owner);
  RequireTrustedStatistics(relation, owner);
  if (relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE) return;
  HeapTuple tuple = SearchSysCache1(PARTRELID, ObjectIdGetDatum(RelationGetRelid(relation)));
  if (!HeapTupleIsValid(tuple)) return;
  RequireTrustedStored(PARTRELID, tuple, Anum_pg_partitioned_table_partexprs, owner);
  ReleaseSysCache(tuple);
}

}  // namespace steward::whatif
