// See tree_walk.hpp.
#include "refresh/tree_walk.hpp"

#include "pg/query_walk.hpp"
#include "refresh/trackable.hpp"

extern "C" {
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/catalog.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
}

namespace steward::refresh {

namespace {

constexpr const char* kClockWords[] = {"now", "today", "tomorrow", "yesterday"};

bool Walk(Node* node, void* context);

void WalkView(Reading* reading, Oid view) {
  const char* outer_via = reading->via;
  const Oid outer_rule = reading->rule_of;
  reading->via = psprintf("view %s", RelationName(view));
  reading->rule_of = view;
  Query* query = ReadRule(view, &reading->definition);
  if (query == nullptr)
    NoteReason(reading, "%s has no definition", reading->via);
  else
    (void)Walk(reinterpret_cast<Node*>(query), reading);
  reading->via = outer_via;
  reading->rule_of = outer_rule;
}

bool HasRowSecurity(Oid relid) {
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
  if (!HeapTupleIsValid(tuple)) return false;
  const bool has = reinterpret_cast<const FormData_pg_class*>(GETSTRUCT(tuple))->relrowsecurity;
  ReleaseSysCache(tuple);
  return has;
}

// Names a reason where no hook can see changes, or where the reader decides what is read.
void JudgeRelation(Reading* reading, const DependencyRelation& relation) {
  switch (relation.reach) {
    case Reach::kCatalog:
      return NoteReason(reading, "catalog %s", RelationName(relation.relid));
    case Reach::kForeign:
      return NoteReason(reading, "foreign table %s", RelationName(relation.relid));
    case Reach::kOther:
      return NoteReason(reading, "reads %s, which is %s", RelationName(relation.relid),
                        relation.relkind == RELKIND_SEQUENCE ? "a sequence" : "no table");
    default:
      break;
  }
  if (HasRowSecurity(relation.relid)) NoteReason(reading, "row security on %s", RelationName(relation.relid));
}

Reach ReachOf(Oid relid) {
  if (relid < FirstNormalObjectId || IsToastNamespace(get_rel_namespace(relid))) return Reach::kCatalog;
  switch (get_rel_relkind(relid)) {
    case RELKIND_RELATION:
    case RELKIND_PARTITIONED_TABLE:
      return Reach::kTable;
    case RELKIND_VIEW:
      return Reach::kView;
    case RELKIND_MATVIEW:
      return Reach::kMatview;
    case RELKIND_FOREIGN_TABLE:
      return Reach::kForeign;
    default:
      return Reach::kOther;
  }
}

void VisitRelation(Reading* reading, const RangeTblEntry* entry) {
  if (entry->relid == reading->view)
    return NoteReason(reading, "%s reads the materialized view itself",
                      reading->via != nullptr ? reading->via : "its query");
  bool is_new = false;
  SeenRelation* relation = NoteRelation(reading, entry->relid, ReachOf(entry->relid), &is_new);
  if (relation == nullptr) return NoteReason(reading, "reads a relation that is gone");
  relation->inherit = relation->inherit || entry->inh;
  if (!is_new) return;
  JudgeRelation(reading, relation->facts);
  if (relation->facts.reach == Reach::kView) WalkView(reading, entry->relid);
}

void JudgeTypes(Reading* reading, const List* types) {
  ListCell* cell = nullptr;
  foreach (cell, types) JudgeType(reading, lfirst_oid(cell));
}

void VisitEntry(Reading* reading, const RangeTblEntry* entry, bool is_rules_own) {
  ListCell* cell = nullptr;
  switch (entry->rtekind) {
    case RTE_RELATION:
      if (is_rules_own) return;
      VisitRelation(reading, entry);
      if (entry->tablesample != nullptr && entry->tablesample->repeatable == nullptr)
        NoteReason(reading, "TABLESAMPLE without REPEATABLE on %s", RelationName(entry->relid));
      return;
    case RTE_FUNCTION:
      foreach (cell, entry->functions) JudgeTypes(reading, lfirst_node(RangeTblFunction, cell)->funccoltypes);
      return;
    case RTE_TABLEFUNC:
      return JudgeTypes(reading, entry->tablefunc->coltypes);
    default:
      return;
  }
}

bool WalkQuery(Reading* reading, Query* query) {
  CHECK_FOR_INTERRUPTS();
  if (query->commandType != CMD_SELECT) {
    NoteReason(reading, "%s writes or runs a command", reading->via != nullptr ? reading->via : "its query");
    return false;
  }
  ListCell* cell = nullptr;
  foreach (cell, query->rtable) {
    auto* entry = lfirst_node(RangeTblEntry, cell);
    // Until 15 a rule lists its relation twice, as "old" and "new".
    const bool is_rules_own = !entry->inFromCl && entry->relid == reading->rule_of && foreach_current_index(cell) < 2;
    VisitEntry(reading, entry, is_rules_own);
  }
  return pg::WalkQueryTree(query, Walk, reading, QTW_EXAMINE_SORTGROUP);
}

const char* ValueFunctionName(SQLValueFunctionOp op, bool* is_clock) {
  *is_clock = op <= SVFOP_LOCALTIMESTAMP_N;
  switch (op) {
    case SVFOP_CURRENT_DATE:
      return "CURRENT_DATE";
    case SVFOP_CURRENT_TIME:
    case SVFOP_CURRENT_TIME_N:
      return "CURRENT_TIME";
    case SVFOP_CURRENT_TIMESTAMP:
    case SVFOP_CURRENT_TIMESTAMP_N:
      return "CURRENT_TIMESTAMP";
    case SVFOP_LOCALTIME:
    case SVFOP_LOCALTIME_N:
      return "LOCALTIME";
    case SVFOP_LOCALTIMESTAMP:
    case SVFOP_LOCALTIMESTAMP_N:
      return "LOCALTIMESTAMP";
    case SVFOP_CURRENT_ROLE:
      return "CURRENT_ROLE";
    case SVFOP_CURRENT_USER:
    case SVFOP_USER:
      return "CURRENT_USER";
    case SVFOP_SESSION_USER:
      return "SESSION_USER";
    case SVFOP_CURRENT_CATALOG:
      return "CURRENT_CATALOG";
    case SVFOP_CURRENT_SCHEMA:
      return "CURRENT_SCHEMA";
  }
  return "a value of the session";
}

void VisitValueFunction(Reading* reading, const SQLValueFunction* function) {
  bool is_clock = false;
  const char* name = ValueFunctionName(function->op, &is_clock);
  NoteReason(reading, is_clock ? "reads the clock: %s" : "depends on the session: %s", name);
}

bool IsDateOrTime(Oid type) {
  const Oid base = getBaseType(type);
  return base == DATEOID || base == TIMEOID || base == TIMETZOID || base == TIMESTAMPOID || base == TIMESTAMPTZOID;
}

bool JudgeValue(Node* node, void* context) {
  if (node == nullptr) return false;
  check_stack_depth();
  // A row without a named type is what is in it.
  if (IsA(node, List) || IsA(node, RowExpr)) return pg::WalkChildren(node, JudgeValue, context);
  if (IsA(node, TargetEntry)) return JudgeValue(reinterpret_cast<Node*>(castNode(TargetEntry, node)->expr), context);
  if (!IsA(node, SortGroupClause) && !IsA(node, Query)) JudgeType(static_cast<Reading*>(context), exprType(node));
  return false;
}

// 'today'::text::date; 'today'::date is the date on which the view was made.
void VisitConversion(Reading* reading, const CoerceViaIO* conversion) {
  JudgeType(reading, conversion->resulttype);
  (void)JudgeValue(reinterpret_cast<Node*>(conversion->arg), reading);
  const Node* argument = strip_implicit_coercions(reinterpret_cast<Node*>(conversion->arg));
  if (!IsA(argument, Const) || !IsDateOrTime(conversion->resulttype)) return;
  const auto* constant = reinterpret_cast<const Const*>(argument);
  if (constant->constisnull || (constant->consttype != TEXTOID && constant->consttype != VARCHAROID)) return;
  char* words = TextDatumGetCString(constant->constvalue);
  for (char* c = words; *c != '\0'; c++) *c = static_cast<char>(pg_tolower(static_cast<unsigned char>(*c)));
  for (const char* word : kClockWords)
    if (strstr(words, word) != nullptr) NoteReason(reading, "reads the clock: '%s'", word);
}

void VisitVar(Reading* reading, const Var* var) {
  // Locking a row sets it, and is no change.
  if (var->varattno == MaxTransactionIdAttributeNumber) NoteReason(reading, "reads the system column xmax");
}

void JudgeOperator(Reading* reading, Oid op) {
  if (OidIsValid(op)) (void)JudgeFunction(reading, get_opcode(op));
}

void VisitSortClause(Reading* reading, const SortGroupClause* clause) {
  JudgeOperator(reading, clause->eqop);
  JudgeOperator(reading, clause->sortop);
}

void VisitWindow(Reading* reading, const WindowClause* window) {
  if (OidIsValid(window->startInRangeFunc)) (void)JudgeFunction(reading, window->startInRangeFunc);
  if (OidIsValid(window->endInRangeFunc)) (void)JudgeFunction(reading, window->endInRangeFunc);
}

// Of arguments that are left out the defaults are filled in when the query is planned.
void VisitDefaults(Reading* reading, const FuncExpr* call) {
  if (call->funcid < FirstNormalObjectId) return;
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(call->funcid));
  if (!HeapTupleIsValid(tuple)) return;
  bool is_null = true;
  const Datum stored = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_proargdefaults, &is_null);
  const int arguments = reinterpret_cast<const FormData_pg_proc*>(GETSTRUCT(tuple))->pronargs;
  if (!is_null && list_length(call->args) < arguments)
    (void)Walk(static_cast<Node*>(stringToNode(TextDatumGetCString(stored))), reading);
  ReleaseSysCache(tuple);
}

struct Judgement {
  Reading* reading;
  bool by_settings;
};

bool VisitFunction(Oid function, void* context) {
  auto* judgement = static_cast<Judgement*>(context);
  if (JudgeFunction(judgement->reading, function)) judgement->by_settings = true;
  return false;
}

// What takes values of any type may show them as text, or make them of it.
void JudgeArguments(Reading* reading, Node* node) {
  JudgeType(reading, exprType(node));
  (void)pg::WalkChildren(node, JudgeValue, reading);
}

void VisitExpression(Reading* reading, Node* node) {
  switch (nodeTag(node)) {
    case T_Var:
      return VisitVar(reading, castNode(Var, node));
    case T_FuncExpr:
      return VisitDefaults(reading, castNode(FuncExpr, node));
    case T_SQLValueFunction:
      return VisitValueFunction(reading, castNode(SQLValueFunction, node));
    case T_NextValueExpr:
      return NoteReason(reading, "sequence: nextval()");
    case T_CoerceViaIO:
      return VisitConversion(reading, castNode(CoerceViaIO, node));
    case T_CoerceToDomain:
      return JudgeType(reading, castNode(CoerceToDomain, node)->resulttype);
    case T_XmlExpr:
      return JudgeArguments(reading, node);
    case T_SortGroupClause:
      return VisitSortClause(reading, castNode(SortGroupClause, node));
    case T_WindowClause:
      return VisitWindow(reading, castNode(WindowClause, node));
    case T_SetOperationStmt: {
      ListCell* cell = nullptr;
      foreach (cell, castNode(SetOperationStmt, node)->groupClauses)
        VisitSortClause(reading, lfirst_node(SortGroupClause, cell));
      return;
    }
    default:
      if (pg::IsJsonNode(node)) JudgeArguments(reading, node);
      return;
  }
}

bool Walk(Node* node, void* context) {
  if (node == nullptr) return false;
  check_stack_depth();
  auto* reading = static_cast<Reading*>(context);
  if (IsA(node, Query)) return WalkQuery(reading, castNode(Query, node));
  VisitExpression(reading, node);
  Judgement judgement{reading, false};
  (void)check_functions_in_node(node, VisitFunction, &judgement);
  if (judgement.by_settings) JudgeArguments(reading, node);
  return pg::WalkChildren(node, Walk, context);
}

}  // namespace

void WalkTree(Reading* reading, Node* tree) { (void)Walk(tree, reading); }

void WalkBody(Reading* reading, Node* body, const char* name) {
  check_stack_depth();
  const char* outer_via = reading->via;
  const Oid outer_rule = reading->rule_of;
  reading->via = psprintf("function %s", name);
  reading->rule_of = InvalidOid;
  (void)Walk(body, reading);
  reading->via = outer_via;
  reading->rule_of = outer_rule;
}

void WalkDomainChecks(Reading* reading, Oid domain) {
  Relation catalog = table_open(ConstraintRelationId, AccessShareLock);
  ScanKeyData key;
  ScanKeyInit(&key, Anum_pg_constraint_contypid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(domain));
  SysScanDesc scan = systable_beginscan(catalog, ConstraintTypidIndexId, true, nullptr, 1, &key);
  List* checks = NIL;
  HeapTuple tuple = nullptr;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    MixRow(&reading->definition, domain, tuple);
    bool is_null = true;
    const Datum stored = heap_getattr(tuple, Anum_pg_constraint_conbin, RelationGetDescr(catalog), &is_null);
    if (!is_null) checks = lappend(checks, TextDatumGetCString(stored));
  }
  systable_endscan(scan);
  table_close(catalog, AccessShareLock);
  ListCell* cell = nullptr;
  foreach (cell, checks) (void)Walk(static_cast<Node*>(stringToNode(static_cast<char*>(lfirst(cell)))), reading);
}

}  // namespace steward::refresh
