// See plannable_close.hpp.
#include "capture/plannable_close.hpp"

#include "capture/literals.hpp"
#include "capture/plannable_replace.hpp"
#include "pg/query_walk.hpp"

extern "C" {
#include "access/transam.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
}

namespace steward::capture {

namespace {

using store::ShapeKind;

// What SQL writes with a syntax of its own: for the functions here the deparser takes any expression as an argument,
// save those that say how.
const char* const kTakesExpressions[] = {"btrim",   "extract",  "is_normalized", "ltrim",     "normalize", "overlaps",
                                         "overlay", "position", "rtrim",         "substring", "timezone"};

bool TakesExpressions(Oid function) {
  const char* name = function < FirstNormalObjectId ? get_func_name(function) : nullptr;
  if (name == nullptr) return false;
  for (const char* known : kTakesExpressions)
    if (strcmp(name, known) == 0) return true;
  return false;
}

struct Closing {
  ParamList* params;
  ShapeKind kind;  // of literals met next
  bool open;       // one could not be replaced
};

Node* Close(Node* node, void* context);

template <typename Field>
void CloseField(Field** field, Closing* closing) {
  *field = reinterpret_cast<Field*>(Close(reinterpret_cast<Node*>(*field), closing));
}

Const* AsText(const Const* value) {
  return makeConst(TEXTOID, -1, DEFAULT_COLLATION_OID, -1, CStringGetTextDatum(DatumGetCString(value->constvalue)),
                   false, false);
}

Node* CloseConst(Const* value, Closing* closing) {
  if (!IsData(value)) return reinterpret_cast<Node*>(value);
  if (value->consttype == UNKNOWNOID) value = AsText(value);
  if (get_typtype(value->consttype) == TYPTYPE_PSEUDO) {
    closing->open = true;
    return reinterpret_cast<Node*>(value);
  }
  Site site{};
  site.kind = closing->kind;
  Param* param = AddConstant(closing->params, value, site);
  return param != nullptr ? reinterpret_cast<Node*>(param) : reinterpret_cast<Node*>(value);
}

// What a call makes of a value together with a column the planner does not look into; without one it may evaluate it,
// unless the call is volatile.
Node* CloseCall(Node* node, const Call& call, Closing* closing) {
  const ShapeKind before = closing->kind;
  const bool evaluated = !Inspect(node).variable && !contain_volatile_functions(node);
  closing->kind = evaluated ? ShapeKind::kNone : ShapeKind::kValue;
  ListCell* cell;
  foreach (cell, call.args) {
    auto* argument = static_cast<Node*>(lfirst(cell));
    if (!Stays(call.function, argument, foreach_current_index(cell))) lfirst(cell) = Close(argument, closing);
  }
  closing->kind = before;
  return node;
}

Node* CloseSubscript(SubscriptingRef* subscript, Closing* closing) {
  CloseField(&subscript->refexpr, closing);
  CloseField(&subscript->refassgnexpr, closing);
  if (!PathsStay(subscript)) {
    CloseField(&subscript->refupperindexpr, closing);
    CloseField(&subscript->reflowerindexpr, closing);
  }
  return reinterpret_cast<Node*>(subscript);
}

// What decides on the index that arbitrates repeats the index's own definition.
Node* CloseConflict(OnConflictExpr* conflict, Closing* closing) {
  CloseField(&conflict->onConflictSet, closing);
  CloseField(&conflict->onConflictWhere, closing);
  return reinterpret_cast<Node*>(conflict);
}

// Whether the deparsed form of a node takes any expression below, for nodes that are written in several ways.
bool FormTakesParameters(Node* node) {
  if (IsA(node, FuncExpr)) {
    const auto* call = castNode(FuncExpr, node);
    return call->funcformat != COERCE_SQL_SYNTAX || TakesExpressions(call->funcid);
  }
  const XmlExprOp op = castNode(XmlExpr, node)->op;
  return op == IS_XMLCONCAT || op == IS_XMLELEMENT || op == IS_XMLFOREST;
}

// Nodes whose deparsed form takes any expression below.
bool TakesParameters(Node* node) {
  switch (nodeTag(node)) {
    case T_FuncExpr:
    case T_XmlExpr:
      return FormTakesParameters(node);
    case T_List:
    case T_IntList:
    case T_OidList:
    case T_TargetEntry:
    case T_Var:
    case T_Param:
    case T_OpExpr:
    case T_DistinctExpr:
    case T_NullIfExpr:
    case T_ScalarArrayOpExpr:
    case T_BoolExpr:
    case T_SubLink:
    case T_RelabelType:
    case T_CoerceViaIO:
    case T_ArrayCoerceExpr:
    case T_ConvertRowtypeExpr:
    case T_CollateExpr:
    case T_CoerceToDomain:
    case T_CaseExpr:
    case T_CaseWhen:
    case T_ArrayExpr:
    case T_RowExpr:
    case T_RowCompareExpr:
    case T_CoalesceExpr:
    case T_MinMaxExpr:
    case T_NullTest:
    case T_BooleanTest:
    case T_NamedArgExpr:
    case T_FieldSelect:
    case T_FieldStore:
    case T_Aggref:
    case T_WindowFunc:
    case T_FromExpr:
    case T_JoinExpr:
    case T_CommonTableExpr:
    case T_RangeTblFunction:
    case T_WindowClause:
    case T_MergeAction:
    case T_SetOperationStmt:
      return true;
    default:
      return false;
  }
}

Node* Close(Node* node, void* context) {
  auto* closing = static_cast<Closing*>(context);
  if (node == nullptr || closing->params->overflow) return node;
  check_stack_depth();
  if (IsA(node, Const)) return CloseConst(castNode(Const, node), closing);
  if (IsA(node, Query)) {
    const ShapeKind before = closing->kind;
    closing->kind = ShapeKind::kValue;
    pg::MutateQueryTree(castNode(Query, node), Close, closing, QTW_DONT_COPY_QUERY);
    closing->kind = before;
    return node;
  }
  if (IsA(node, OnConflictExpr)) return CloseConflict(castNode(OnConflictExpr, node), closing);
  if (IsA(node, SubscriptingRef)) return CloseSubscript(castNode(SubscriptingRef, node), closing);
  if (!TakesParameters(node)) {
    closing->open |= HoldsData(node);
    return node;
  }
  if (const Call call = AsCall(node); OidIsValid(call.function)) return CloseCall(node, call, closing);
  return pg::MutateChildren(node, Close, closing);
}

// The literal that the coercion to a column's type was put around.
Const* InnermostLiteral(Node* node) {
  while (node != nullptr) {
    switch (nodeTag(node)) {
      case T_Const:
        return castNode(Const, node);
      case T_FuncExpr:
        if (castNode(FuncExpr, node)->funcformat == COERCE_EXPLICIT_CALL) return nullptr;
        node = static_cast<Node*>(linitial(castNode(FuncExpr, node)->args));
        break;
      case T_RelabelType:
        node = reinterpret_cast<Node*>(castNode(RelabelType, node)->arg);
        break;
      case T_CoerceToDomain:
        node = reinterpret_cast<Node*>(castNode(CoerceToDomain, node)->arg);
        break;
      default:
        return nullptr;
    }
  }
  return nullptr;
}

// The subquery of INSERT .. SELECT, else nullptr.
Query* SourceOf(const Query* query) {
  if (query->commandType != CMD_INSERT || query->jointree == nullptr || list_length(query->jointree->fromlist) != 1)
    return nullptr;
  auto* reference = static_cast<Node*>(linitial(query->jointree->fromlist));
  if (!IsA(reference, RangeTblRef)) return nullptr;
  const auto* entry = list_nth_node(RangeTblEntry, query->rtable, castNode(RangeTblRef, reference)->rtindex - 1);
  return entry->rtekind == RTE_SUBQUERY ? entry->subquery : nullptr;
}

}  // namespace

void TypeStoredLiterals(Query* query) {
  const Query* source = SourceOf(query);
  if (source == nullptr) return;
  ListCell *stored, *selected;
  forboth(stored, query->targetList, selected, source->targetList) {
    auto* entry = lfirst_node(TargetEntry, selected);
    if (!IsA(entry->expr, Const) || reinterpret_cast<Const*>(entry->expr)->consttype != UNKNOWNOID) continue;
    const Const* typed = InnermostLiteral(reinterpret_cast<Node*>(lfirst_node(TargetEntry, stored)->expr));
    if (typed != nullptr && !typed->constisnull) entry->expr = static_cast<Expr*>(copyObjectImpl(typed));
  }
}

bool CloseLiterals(Query* query, ParamList* params) {
  Closing closing{params, ShapeKind::kValue, false};
  Close(reinterpret_cast<Node*>(query), &closing);
  return !closing.open;
}

}  // namespace steward::capture
