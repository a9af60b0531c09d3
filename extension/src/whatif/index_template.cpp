// The planner's description of an index that does not exist: what get_relation_info() reads from the catalog, made from
// a CREATE INDEX statement. See candidate.hpp.
#include "whatif/candidate.hpp"

#include "pg/compat.hpp"
#include "whatif/code_trust.hpp"

extern "C" {
#include "access/amapi.h"
#include "access/gist.h"
#include "access/reloptions.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amproc.h"
#include "commands/defrem.h"
#include "commands/tablespace.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_utilcmd.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"
}

namespace steward::whatif {

namespace {

template <typename T>
T* Zeroed(int count) {
  return static_cast<T*>(palloc0(static_cast<Size>(Max(count, 1)) * sizeof(T)));
}

struct KeyType {
  Oid type;
  Oid collation;
};

IndexAmRoutine* FindAccessMethod(const char* name, Oid* am) {
  *am = get_index_am_oid(name, true);
  if (!OidIsValid(*am))
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("access method \"%s\" does not exist", name)));
  if (*am != BTREE_AM_OID && *am != HASH_AM_OID && *am != GIST_AM_OID && *am != GIN_AM_OID && *am != BRIN_AM_OID)
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("hypothetical indexes of access method \"%s\" are not supported", name)));
  return GetIndexAmRoutineByAmId(*am, false);
}

void CheckShape(const IndexStmt* statement, const IndexAmRoutine* am) {
  const int keys = list_length(statement->indexParams);
  const int all = keys + list_length(statement->indexIncludingParams);
  const char* name = statement->accessMethod;
  const char* lacks = nullptr;
  if (all > INDEX_MAX_KEYS)
    ereport(ERROR,
            (errcode(ERRCODE_TOO_MANY_COLUMNS), errmsg("cannot use more than %d columns in an index", INDEX_MAX_KEYS)));
  if (statement->unique && !am->amcanunique) lacks = "unique indexes";
  if (all > keys && !am->amcaninclude) lacks = "included columns";
  if (keys > 1 && !am->amcanmulticol) lacks = "multicolumn indexes";
  if (lacks != nullptr)
    ereport(ERROR,
            (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("access method \"%s\" does not support %s", name, lacks)));
}

KeyType ColumnByName(Relation relation, const IndexElem* element, int* attnum) {
  HeapTuple tuple = SearchSysCacheAttName(RelationGetRelid(relation), element->name);
  if (!HeapTupleIsValid(tuple))
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("column \"%s\" of relation \"%s\" does not exist",
                                                              element->name, RelationGetRelationName(relation))));
  const auto* attribute = reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple));
  if (attribute->attnum <= 0)
    ereport(ERROR,
            (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("index creation on system columns is not supported")));
  *attnum = attribute->attnum;
  const KeyType type{attribute->atttypid, attribute->attcollation};
  ReleaseSysCache(tuple);
  return type;
}

// An expression as the relation cache would keep it: constants folded, functions inlined.
KeyType Expression(Relation relation, Node* expression, IndexOptInfo* info, int* attnum) {
  const KeyType type{exprType(expression), exprCollation(expression)};
  while (IsA(expression, CollateExpr))
    expression = reinterpret_cast<Node*>(reinterpret_cast<CollateExpr*>(expression)->arg);
  if (IsA(expression, Var) && reinterpret_cast<Var*>(expression)->varattno > 0) {
    *attnum = reinterpret_cast<Var*>(expression)->varattno;
    return type;
  }
  RequireTrustedCode(expression, relation->rd_rel->relowner);
  expression = eval_const_expressions(nullptr, expression);
  if (contain_mutable_functions(expression))
    ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
                    errmsg("functions in index expression must be marked IMMUTABLE")));
  fix_opfuncids(expression);
  info->indexprs = lappend(info->indexprs, expression);
  *attnum = 0;
  return type;
}

KeyType ColumnOrExpression(Relation relation, const IndexElem* element, IndexOptInfo* info, int column) {
  if (element->name != nullptr) return ColumnByName(relation, element, &info->indexkeys[column]);
  return Expression(relation, element->expr, info, &info->indexkeys[column]);
}

// The options of an operator class, as its own function reads them.
bytea* OpclassOptions(const IndexElem* element, const IndexAmRoutine* am, Oid family, Oid type) {
  if (element->opclassopts == NIL) return nullptr;
  const Oid reader = am->amoptsprocnum == 0
                         ? InvalidOid
                         : get_opfamily_proc(family, type, type, static_cast<int16>(am->amoptsprocnum));
  if (!OidIsValid(reader))
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the operator class of a column has no options")));
  local_relopts known;
  init_local_reloptions(&known, 0);
  OidFunctionCall1(reader, PointerGetDatum(&known));
  const Datum given = transformRelOptions(Datum{0}, element->opclassopts, nullptr, nullptr, false, false);
  return static_cast<bytea*>(build_local_reloptions(&known, given, true));
}

// The default b-tree class comes from the type cache: looking it up in the catalog took a third of the time of an index.
bool SetDefaultBtree(Oid type, IndexOptInfo* info, int column) {
  const TypeCacheEntry* known = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);
  info->opfamily[column] = known->btree_opf;
  info->opcintype[column] = known->btree_opintype;
  return OidIsValid(known->btree_opf);
}

void SetOpclass(const IndexElem* element, Oid type, const IndexStmt* statement, HypotheticalIndex* part, int column) {
  IndexOptInfo* info = part->info;
  if (info->relam == BTREE_AM_OID && element->opclass == NIL && SetDefaultBtree(type, info, column)) return;
  const Oid opclass = ResolveOpClass(element->opclass, type, statement->accessMethod, info->relam);
  part->opclasses[column] = opclass;
  get_opclass_opfamily_and_input_type(opclass, &info->opfamily[column], &info->opcintype[column]);
}

void SetKey(const IndexElem* element, KeyType type, const IndexStmt* statement, const IndexAmRoutine* am,
            HypotheticalIndex* part, int column) {
  IndexOptInfo* info = part->info;
  if (element->collation != NIL) type.collation = get_collation_oid(element->collation, false);
  if (type_is_collatable(type.type) != OidIsValid(type.collation))
    ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_COLLATION),
                    errmsg("collation does not go with type %s", format_type_be(type.type))));
  info->indexcollations[column] = type.collation;
  SetOpclass(element, type.type, statement, part, column);
  info->opclassoptions[column] = OpclassOptions(element, am, info->opfamily[column], info->opcintype[column]);
  if (info->sortopfamily == nullptr) return;
  const bool descending = element->ordering == SORTBY_DESC;
  info->reverse_sort[column] = descending;
  info->nulls_first[column] =
      element->nulls_ordering == SORTBY_NULLS_DEFAULT ? descending : element->nulls_ordering == SORTBY_NULLS_FIRST;
}

bool CanReturn(const IndexOptInfo* info, const IndexAmRoutine* am, int column) {
  if (am->amcanreturn == nullptr) return false;
  if (info->relam != GIST_AM_OID || column >= info->nkeycolumns) return true;
  const Oid family = info->opfamily[column];
  const Oid type = info->opcintype[column];
  return OidIsValid(get_opfamily_proc(family, type, type, GIST_FETCH_PROC)) ||
         !OidIsValid(get_opfamily_proc(family, type, type, GIST_COMPRESS_PROC));
}

void SetColumns(Relation relation, const IndexStmt* statement, const IndexAmRoutine* am, HypotheticalIndex* part) {
  IndexOptInfo* info = part->info;
  int column = 0;
  ListCell* cell = nullptr;
  foreach (cell, statement->indexParams) {
    const auto* element = lfirst_node(IndexElem, cell);
    const KeyType type = ColumnOrExpression(relation, element, info, column);
    SetKey(element, type, statement, am, part, column);
    ++column;
  }
  foreach (cell, statement->indexIncludingParams) {
    const auto* element = lfirst_node(IndexElem, cell);
    if (element->name == nullptr)
      ereport(ERROR,
              (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("expressions are not supported in included columns")));
    ColumnByName(relation, element, &info->indexkeys[column]);
    ++column;
  }
  for (column = 0; column < info->ncolumns; ++column) info->canreturn[column] = CanReturn(info, am, column);
}

void SetPredicate(Relation relation, Node* predicate, IndexOptInfo* info) {
  if (predicate == nullptr) return;
  RequireTrustedCode(predicate, relation->rd_rel->relowner);
  predicate = eval_const_expressions(nullptr, predicate);
  if (contain_mutable_functions(predicate))
    ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
                    errmsg("functions in index predicate must be marked IMMUTABLE")));
  predicate = reinterpret_cast<Node*>(canonicalize_qual(reinterpret_cast<Expr*>(predicate), false));
  info->indpred = make_ands_implicit(reinterpret_cast<Expr*>(predicate));
  fix_opfuncids(reinterpret_cast<Node*>(info->indpred));
}

void SetAbilities(Relation relation, const IndexAmRoutine* am, IndexOptInfo* info) {
  info->amcanorderbyop = am->amcanorderbyop;
  info->amoptionalkey = am->amoptionalkey;
  info->amsearcharray = am->amsearcharray;
  info->amsearchnulls = am->amsearchnulls;
  info->amcanparallel = am->amcanparallel;
  info->amhasgettuple = am->amgettuple != nullptr;
  info->amhasgetbitmap = am->amgetbitmap != nullptr && pg::HasBitmapScans(relation->rd_tableam);
  info->amcanmarkpos = am->ammarkpos != nullptr && am->amrestrpos != nullptr;
  // Until 15 the field has no prototype.
  info->amcostestimate = reinterpret_cast<decltype(info->amcostestimate)>(am->amcostestimate);
}

IndexOptInfo* Allocate(const IndexStmt* statement, Oid am) {
  auto* info = makeNode(IndexOptInfo);
  info->nkeycolumns = list_length(statement->indexParams);
  info->ncolumns = info->nkeycolumns + list_length(statement->indexIncludingParams);
  info->relam = am;
  info->indexkeys = Zeroed<int>(info->ncolumns);
  info->canreturn = Zeroed<bool>(info->ncolumns);
  info->opclassoptions = Zeroed<bytea*>(info->ncolumns);
  info->indexcollations = Zeroed<Oid>(info->nkeycolumns);
  info->opfamily = Zeroed<Oid>(info->nkeycolumns);
  info->opcintype = Zeroed<Oid>(info->nkeycolumns);
  if (am == BTREE_AM_OID) {
    info->sortopfamily = info->opfamily;
    info->reverse_sort = Zeroed<bool>(info->nkeycolumns);
    info->nulls_first = Zeroed<bool>(info->nkeycolumns);
  }
  return info;
}

}  // namespace

void MakeIndexTemplate(Relation relation, IndexStmt* statement, Oid index, HypotheticalIndex* part) {
  Oid am_oid = InvalidOid;
  const IndexAmRoutine* am = FindAccessMethod(statement->accessMethod, &am_oid);
  CheckShape(statement, am);
  statement = transformIndexStmt(RelationGetRelid(relation), statement, "");
  IndexOptInfo* info = part->info = Allocate(statement, am_oid);
  part->opclasses = Zeroed<Oid>(info->nkeycolumns);
  info->indexoid = index;
  if (statement->tableSpace != nullptr) info->reltablespace = get_tablespace_oid(statement->tableSpace, false);
  SetAbilities(relation, am, info);
  SetColumns(relation, statement, am, part);
  SetPredicate(relation, statement->whereClause, info);
  info->unique = statement->unique;
  info->immediate = true;
  info->hypothetical = true;
  info->tree_height = -1;
}

}  // namespace steward::whatif
