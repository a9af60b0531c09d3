// See plannable_replace.hpp.
#include "capture/plannable_replace.hpp"

#include "capture/literals.hpp"

extern "C" {
#include "access/stratnum.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace steward::capture {

namespace {

using store::ShapeKind;

constexpr Oid kStartsWithOperator = 3877;  // text ^@ text; pg_operator gives it no symbol

bool IsNumber(Oid type) {
  return type == INT2OID || type == INT4OID || type == INT8OID || type == FLOAT4OID || type == FLOAT8OID ||
         type == NUMERICOID;
}

// Names of objects are structure, not values; a boolean or NULL decides what the statement means.
bool Replaceable(const Const* value) {
  if (value->constisnull || get_typtype(value->consttype) == TYPTYPE_PSEUDO) return false;
  return value->consttype != BOOLOID && value->consttype != UNKNOWNOID && !NamesObjects(value->consttype);
}

void Put(Node** slot, const Const* value, const Site& site, ParamList* params) {
  Param* param = AddConstant(params, value, site);
  if (param != nullptr) *slot = reinterpret_cast<Node*>(param);
}

Site WeakSite(const Site& site) {
  Site weak{};
  if (site.kind == ShapeKind::kValue || site.kind == ShapeKind::kInput) weak.kind = site.kind;
  return weak;
}

void ReplaceLeaves(Node** slot, const Site& site, ParamList* params);

void ReplaceLeafList(List* list, const Site& site, ParamList* params) {
  ListCell* cell;
  foreach (cell, list) {
    auto* node = static_cast<Node*>(lfirst(cell));
    ReplaceLeaves(&node, site, params);
    lfirst(cell) = node;
  }
}

template <typename Field>
void ReplaceField(Field** field, const Site& site, ParamList* params) {
  auto* node = reinterpret_cast<Node*>(*field);
  ReplaceLeaves(&node, site, params);
  *field = reinterpret_cast<Field*>(node);
}

void ReplaceCallLeaves(FuncExpr* call, const Site& site, ParamList* params) {
  if (call->funcformat == COERCE_SQL_SYNTAX || call->funcretset) return;
  if (call->funcformat != COERCE_EXPLICIT_CALL) {
    // A cast; its further arguments are the length and a flag.
    auto* value = static_cast<Node*>(linitial(call->args));
    const bool length_only = exprType(value) == call->funcresulttype;
    ReplaceLeaves(&value, length_only ? site : WeakSite(site), params);
    linitial(call->args) = value;
    return;
  }
  Site weak = WeakSite(site);
  if (weak.kind == ShapeKind::kValue && call->funcid >= FirstNormalObjectId) weak.kind = ShapeKind::kInput;
  for (int i = 0; i < list_length(call->args); i++) {
    if (SaysHow(call->funcid, i)) continue;
    ListCell* cell = list_nth_cell(call->args, i);
    auto* node = static_cast<Node*>(lfirst(cell));
    ReplaceLeaves(&node, weak, params);
    lfirst(cell) = node;
  }
}

// A date moved by an interval still lies about where the date does; nothing of the kind holds for numbers.
void ReplaceMovedDate(OpExpr* op, const Site& site, ParamList* params) {
  const bool date =
      op->opresulttype == DATEOID || op->opresulttype == TIMESTAMPOID || op->opresulttype == TIMESTAMPTZOID;
  ListCell* cell;
  foreach (cell, op->args) {
    auto* node = static_cast<Node*>(lfirst(cell));
    ReplaceLeaves(&node, date && exprType(node) == op->opresulttype ? site : WeakSite(site), params);
    lfirst(cell) = node;
  }
}

void ReplaceCaseLeaves(CaseExpr* choice, const Site& site, ParamList* params) {
  ListCell* cell;
  foreach (cell, choice->args) ReplaceField(&lfirst_node(CaseWhen, cell)->result, site, params);
  ReplaceField(&choice->defresult, site, params);
}

// Goes down only through nodes whose deparsed form takes any expression.
void ReplaceLeaves(Node** slot, const Site& site, ParamList* params) {
  Node* node = *slot;
  if (node == nullptr || params->overflow) return;
  check_stack_depth();
  const Site weak = WeakSite(site);
  switch (nodeTag(node)) {
    case T_Const: {
      const auto* value = castNode(Const, node);
      if (Replaceable(value) &&
          (value->consttype != INTERVALOID || site.kind == ShapeKind::kValue || site.kind == ShapeKind::kInput))
        Put(slot, value, site, params);
      return;
    }
    case T_Param:
      if (castNode(Param, node)->paramkind == PARAM_EXTERN && castNode(Param, node)->paramid > 0)
        AddExternal(params, castNode(Param, node), &site);
      return;
    case T_RelabelType:
      return ReplaceField(&castNode(RelabelType, node)->arg, site, params);
    case T_CollateExpr:
      return ReplaceField(&castNode(CollateExpr, node)->arg, site, params);
    case T_CoerceToDomain:
      return ReplaceField(&castNode(CoerceToDomain, node)->arg, site, params);
    case T_CoerceViaIO:
      return ReplaceField(&castNode(CoerceViaIO, node)->arg, weak, params);
    case T_ArrayCoerceExpr:
      return ReplaceField(&castNode(ArrayCoerceExpr, node)->arg, weak, params);
    case T_FuncExpr:
      return ReplaceCallLeaves(castNode(FuncExpr, node), site, params);
    case T_OpExpr:
      return ReplaceMovedDate(castNode(OpExpr, node), site, params);
    case T_ArrayExpr:
      return ReplaceLeafList(castNode(ArrayExpr, node)->elements, weak, params);
    case T_RowExpr:
      return ReplaceLeafList(castNode(RowExpr, node)->args, weak, params);
    case T_CoalesceExpr:
      return ReplaceLeafList(castNode(CoalesceExpr, node)->args, weak, params);
    case T_CaseExpr:
      return ReplaceCaseLeaves(castNode(CaseExpr, node), weak, params);
    default:
      return;
  }
}

// The expression with its constant parts evaluated, or nullptr where evaluating would change what is planned: COLLATE,
// a type modifier, and whatever may raise errors in code we do not know.
const Const* Fold(Node* node, const Side& side) {
  if (IsA(node, Const)) return castNode(Const, node);
  if (side.variable || side.external || side.changing || side.foreign_code || side.collate) return nullptr;
  if (exprTypmod(node) >= 0) return nullptr;
  Node* folded = eval_const_expressions(nullptr, node);
  return IsA(folded, Const) ? castNode(Const, folded) : nullptr;
}

bool IsOrderingOperator(Oid opno) {
  CatCList* list = SearchSysCacheList1(AMOPOPID, ObjectIdGetDatum(opno));
  bool found = false;
  for (int i = 0; i < list->n_members && !found; i++) {
    const auto* form = reinterpret_cast<const FormData_pg_amop*>(GETSTRUCT(&list->members[i]->tuple));
    found = form->amoppurpose == AMOP_ORDER;
  }
  ReleaseCatCacheList(list);
  return found;
}

struct Comparison {
  Oid opno;
  Oid collation;
  ShapeKind kind;
};

// Replaces the value on one side of `left op right`; the sides are given as slots.
void ReplaceOpposite(Node** left, Node** right, const Comparison& comparison, const Scope* scope, ParamList* params) {
  const Side l = Inspect(*left);
  const Side r = Inspect(*right);
  const bool l_moves = l.variable || l.external || l.changing;
  const bool r_moves = r.variable || r.external || r.changing;
  const auto site_of = [&](Node* key, bool column_left) {
    return Site{comparison.kind, ResolveColumn(key, scope), comparison.opno, comparison.collation, column_left};
  };
  if (l.variable && r.variable) return;
  if (l.variable || (l_moves && !r_moves))
    ReplaceValue(right, r, site_of(*left, true), params);
  else if (r.variable || (r_moves && !l_moves))
    ReplaceValue(left, l, site_of(*right, false), params);
}

void ReplaceInPair(List* args, const Comparison& comparison, const Scope* scope, ParamList* params) {
  if (list_length(args) != 2) return;
  auto* left = static_cast<Node*>(linitial(args));
  auto* right = static_cast<Node*>(lsecond(args));
  ReplaceOpposite(&left, &right, comparison, scope, params);
  linitial(args) = left;
  lsecond(args) = right;
}

void ReplaceInRows(RowCompareExpr* rows, const Scope* scope, ParamList* params) {
  ListCell *l, *r, *op, *collation;
  forfour(l, rows->largs, r, rows->rargs, op, rows->opnos, collation, rows->inputcollids) {
    auto* left = static_cast<Node*>(lfirst(l));
    auto* right = static_cast<Node*>(lfirst(r));
    ReplaceOpposite(&left, &right, {lfirst_oid(op), lfirst_oid(collation), ShapeKind::kNone}, scope, params);
    lfirst(l) = left;
    lfirst(r) = right;
  }
}

// Values handed to an immutable boolean function beside a column: starts_with(name, '..'). Numbers and paths are kept.
void ReplaceInCall(FuncExpr* call, const Scope* scope, ParamList* params) {
  if (call->funcresulttype != BOOLOID || call->funcformat != COERCE_EXPLICIT_CALL || call->funcretset) return;
  if (func_volatile(call->funcid) != PROVOLATILE_IMMUTABLE) return;
  Node* key = nullptr;
  ListCell* cell;
  foreach (cell, call->args)
    if (key == nullptr && Inspect(static_cast<Node*>(lfirst(cell))).variable) key = static_cast<Node*>(lfirst(cell));
  if (key == nullptr) return;
  Site site{};
  if (call->funcid == F_STARTS_WITH)
    site = Site{ShapeKind::kNone, ResolveColumn(key, scope), kStartsWithOperator, call->inputcollid, true};
  foreach (cell, call->args) {
    auto* node = static_cast<Node*>(lfirst(cell));
    const Side side = Inspect(node);
    const Oid type = exprType(node);
    if (side.variable || IsNumber(type) || type == JSONPATHOID) continue;
    ReplaceValue(&node, side, site, params);
    lfirst(cell) = node;
  }
}

}  // namespace

void ReplaceValue(Node** slot, const Side& side, const Site& site, ParamList* params) {
  if (side.kept || side.variable || params->overflow) return;
  if (const Const* value = Fold(*slot, side); value != nullptr) {
    if (Replaceable(value)) {
      Put(slot, value, site, params);
      return;
    }
    if (value->constisnull || value->consttype == BOOLOID) return;
  }
  ReplaceLeaves(slot, site, params);
}

void ReplaceComparedValues(Node* node, const Scope* scope, ParamList* params) {
  switch (nodeTag(node)) {
    case T_OpExpr:
    case T_DistinctExpr:
    case T_NullIfExpr: {
      auto* op = reinterpret_cast<OpExpr*>(node);  // the three share one struct
      if (op->opresulttype != BOOLOID && !IsA(node, NullIfExpr) && !IsOrderingOperator(op->opno)) return;
      ReplaceInPair(op->args, {op->opno, op->inputcollid, ShapeKind::kNone}, scope, params);
      return;
    }
    case T_ScalarArrayOpExpr: {
      auto* op = castNode(ScalarArrayOpExpr, node);
      if (list_length(op->args) != 2) return;
      const bool list = !Inspect(static_cast<Node*>(lsecond(op->args))).variable;
      // A value looked up in an array column has no shape of its own.
      const Comparison comparison{list ? op->opno : InvalidOid, op->inputcollid,
                                  list ? ShapeKind::kList : ShapeKind::kNone};
      ReplaceInPair(op->args, comparison, scope, params);
      return;
    }
    case T_RowCompareExpr:
      return ReplaceInRows(castNode(RowCompareExpr, node), scope, params);
    case T_FuncExpr:
      return ReplaceInCall(castNode(FuncExpr, node), scope, params);
    default:
      return;
  }
}

void ReplaceStoredValue(Node** slot, ParamList* params) {
  if (*slot == nullptr) return;
  Site site{};
  site.kind = ShapeKind::kValue;
  const Side side = Inspect(*slot);
  if (side.variable)
    ReplaceLeaves(slot, site, params);
  else
    ReplaceValue(slot, side, site, params);
}

void ReplaceOutputValue(Node** slot, ParamList* params) {
  Node* node = *slot;
  if (node == nullptr) return;
  Site site{};
  site.kind = ShapeKind::kValue;
  switch (nodeTag(node)) {
    case T_Const:
      if (Replaceable(castNode(Const, node)) && !IsNumber(castNode(Const, node)->consttype))
        Put(slot, castNode(Const, node), site, params);
      return;
    case T_RelabelType: {
      auto* inner = reinterpret_cast<Node*>(castNode(RelabelType, node)->arg);
      ReplaceOutputValue(&inner, params);
      castNode(RelabelType, node)->arg = reinterpret_cast<Expr*>(inner);
      return;
    }
    case T_CoalesceExpr: {
      ListCell* cell;
      foreach (cell, castNode(CoalesceExpr, node)->args) {
        auto* inner = static_cast<Node*>(lfirst(cell));
        ReplaceOutputValue(&inner, params);
        lfirst(cell) = inner;
      }
      return;
    }
    case T_CaseExpr: {
      auto* choice = castNode(CaseExpr, node);
      ListCell* cell;
      foreach (cell, choice->args) {
        auto* result = reinterpret_cast<Node*>(lfirst_node(CaseWhen, cell)->result);
        ReplaceOutputValue(&result, params);
        lfirst_node(CaseWhen, cell)->result = reinterpret_cast<Expr*>(result);
      }
      auto* other = reinterpret_cast<Node*>(choice->defresult);
      ReplaceOutputValue(&other, params);
      choice->defresult = reinterpret_cast<Expr*>(other);
      return;
    }
    default:
      return;
  }
}

void ReplaceFunctionInput(Node* call, ParamList* params) {
  if (call == nullptr || !IsA(call, FuncExpr)) return;
  auto* function = castNode(FuncExpr, call);
  if (function->funcformat == COERCE_SQL_SYNTAX) return;
  ListCell* cell;
  foreach (cell, function->args) {
    auto* node = static_cast<Node*>(lfirst(cell));
    const Side side = Inspect(node);
    const Oid type = exprType(node);
    const bool array = OidIsValid(get_element_type(type));
    if (side.variable || !(array || type == TEXTOID || type == JSONOID || type == JSONBOID || type == XMLOID)) continue;
    Site site{};
    site.kind = array ? ShapeKind::kList : ShapeKind::kValue;
    ReplaceValue(&node, side, site, params);
    lfirst(cell) = node;
  }
}

}  // namespace steward::capture
