// Inspect: what an expression depends on. See plannable_replace.hpp.
#include "capture/plannable_replace.hpp"
#include "pg/node_walk.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace steward::capture {

namespace {

struct Inspection {
  Side side;
  bool inside_test;  // under a construct whose own placeholder (CaseTestExpr) is no variable
};

bool NotesFunction(Oid function, void* context) {
  Side& side = static_cast<Inspection*>(context)->side;
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  if (!HeapTupleIsValid(tuple)) {
    side.kept = true;
    return false;
  }
  const auto* form = reinterpret_cast<const FormData_pg_proc*>(GETSTRUCT(tuple));
  const bool callable = form->prolang == INTERNALlanguageId || form->prolang == ClanguageId;
  if (function >= FirstNormalObjectId || !callable) side.foreign_code = true;
  if (form->provolatile != PROVOLATILE_IMMUTABLE) side.changing = true;
  const bool session =
      form->provolatile == PROVOLATILE_STABLE &&
      (form->pronargs == 0 || function == F_CURRENT_SETTING_TEXT || function == F_CURRENT_SETTING_TEXT_BOOL);
  if (form->provolatile == PROVOLATILE_VOLATILE || session || form->proretset) side.kept = true;
  ReleaseSysCache(tuple);
  return false;
}

bool Visit(Node* node, void* context);

// Visits the children; a placeholder (CaseTestExpr) below is not a variable but the construct's own.
bool VisitConstruct(Node* node, Inspection* inspection) {
  const bool before = inspection->inside_test;
  inspection->inside_test = true;
  const bool stop = pg::WalkChildren(node, Visit, inspection);
  inspection->inside_test = before;
  return stop;
}

bool IsVariable(const Node* node) {
  switch (nodeTag(node)) {
    case T_Var:
    case T_Aggref:
    case T_GroupingFunc:
    case T_WindowFunc:
    case T_SubLink:
    case T_CurrentOfExpr:
    case T_SetToDefault:
    case T_CoerceToDomainValue:
    case T_NextValueExpr:
      return true;
    case T_Param:
      return reinterpret_cast<const Param*>(node)->paramkind != PARAM_EXTERN;
    default:
      return false;
  }
}

bool Visit(Node* node, void* context) {
  auto* inspection = static_cast<Inspection*>(context);
  if (node == nullptr) return false;
  Side& side = inspection->side;
  if (IsVariable(node)) return side.variable = true;
  check_functions_in_node(node, NotesFunction, inspection);
  switch (nodeTag(node)) {
    case T_Param:
      side.external = true;
      return false;
    case T_CaseTestExpr:
      if (!inspection->inside_test) side.variable = true;
      return false;
    case T_SQLValueFunction:
    case T_XmlExpr:
      side.kept = side.changing = true;
      return false;
    case T_CoerceToDomain:
      side.foreign_code = true;
      break;
    case T_CollateExpr:
      side.collate = true;
      break;
    case T_ArrayCoerceExpr:  // elemexpr holds a CaseTestExpr for the element
    case T_CaseExpr:
      return VisitConstruct(node, inspection);
    default:
      break;
  }
  return pg::WalkChildren(node, Visit, context);
}

}  // namespace

Side Inspect(Node* expression) {
  Inspection inspection{};
  Visit(expression, &inspection);
  const Oid collation = expression == nullptr ? InvalidOid : exprCollation(expression);
  if (OidIsValid(collation) && collation != get_typcollation(exprType(expression))) inspection.side.collate = true;
  return inspection.side;
}

}  // namespace steward::capture
