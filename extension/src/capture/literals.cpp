// See literals.hpp.
#include "capture/literals.hpp"

#include <cmath>

#include "pg/query_walk.hpp"

extern "C" {
#include "access/transam.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
}

namespace steward::capture {

namespace {

constexpr int kLongestPattern = 16;     // bytes
constexpr double kLargestNumber = 1e9;  // longer ones are numbers of cards and telephones

constexpr uint32 Argument(int number) {
  return 1U << number;
}
constexpr uint32 kFromSecond = ~Argument(0);

struct HowArguments {
  const char* function;
  uint32 arguments;
};

// Functions of the server, those behind operators (-> #>) among them.
const HowArguments kHow[] = {
    {"convert", Argument(1) | Argument(2)},
    {"convert_from", Argument(1)},
    {"convert_to", Argument(1)},
    {"current_setting", Argument(0)},
    {"date_part", Argument(0)},
    {"date_trunc", Argument(0) | Argument(2)},
    {"decode", Argument(1)},
    {"encode", Argument(1)},
    {"extract", Argument(0)},
    {"is_normalized", Argument(1)},
    {"json_extract_path", kFromSecond},
    {"json_extract_path_text", kFromSecond},
    {"json_object_field", Argument(1)},
    {"json_object_field_text", Argument(1)},
    {"jsonb_extract_path", kFromSecond},
    {"jsonb_extract_path_text", kFromSecond},
    {"jsonb_object_field", Argument(1)},
    {"jsonb_object_field_text", Argument(1)},
    {"normalize", Argument(1)},
    {"timezone", Argument(0)},
    {"to_char", Argument(1)},
    {"to_date", Argument(1)},
    {"to_number", Argument(1)},
    {"to_timestamp", Argument(1)},
};

// Separators, and patterns of character classes as in regexp_replace(phone, '[^0-9]', '').
bool SaysNothing(const char* text, int length) {
  static const char* const kClasses[] = {"a-z", "A-Z", "0-9", "\\d", "\\D", "\\s", "\\S", "\\w", "\\W"};
  if (length <= 1) return true;
  if (length > kLongestPattern) return false;
  for (int i = 0; i < length;) {
    int skip = 0;
    for (const char* known : kClasses) {
      const auto size = static_cast<int>(strlen(known));
      if (i + size <= length && strncmp(text + i, known, static_cast<Size>(size)) == 0) skip = size;
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    if (skip == 0 && (byte >= 0x80 || isalnum(byte))) return false;
    i += Max(skip, 1);
  }
  return true;
}

bool IsPlainType(Oid type) {
  switch (type) {
    case BOOLOID:
    case INT2OID:
    case INT4OID:
    case FLOAT4OID:
    case FLOAT8OID:
    case INTERVALOID:
    case DATEOID:
    case TIMEOID:
    case TIMETZOID:
    case TIMESTAMPOID:
    case TIMESTAMPTZOID:
    case CHAROID:
    case OIDOID:
    case TIDOID:
    case XIDOID:
    case CIDOID:
      return true;
    default:
      return NamesObjects(type) || get_typtype(type) == TYPTYPE_ENUM;
  }
}

// A literal, also as PostgreSQL writes it after analysis.
bool IsLiteral(Node* node) {
  if (node == nullptr) return false;
  switch (nodeTag(node)) {
    case T_Const:
      return true;
    case T_RelabelType:
      return IsLiteral(reinterpret_cast<Node*>(castNode(RelabelType, node)->arg));
    case T_CollateExpr:
      return IsLiteral(reinterpret_cast<Node*>(castNode(CollateExpr, node)->arg));
    case T_NamedArgExpr:
      return IsLiteral(reinterpret_cast<Node*>(castNode(NamedArgExpr, node)->arg));
    case T_ArrayExpr: {
      ListCell* cell;
      foreach (cell, castNode(ArrayExpr, node)->elements)
        if (!IsLiteral(static_cast<Node*>(lfirst(cell)))) return false;
      return true;
    }
    default:
      return false;
  }
}

bool Holds(Node* node, void* context) {
  if (node == nullptr) return false;
  check_stack_depth();
  if (IsA(node, Const)) return IsData(castNode(Const, node));
  if (IsA(node, Query)) return pg::WalkQueryTree(castNode(Query, node), Holds, context, 0);
  if (const Call call = AsCall(node); OidIsValid(call.function)) {
    ListCell* cell;
    foreach (cell, call.args) {
      auto* argument = static_cast<Node*>(lfirst(cell));
      if (!Stays(call.function, argument, foreach_current_index(cell)) && Holds(argument, context)) return true;
    }
    return false;
  }
  if (IsA(node, SubscriptingRef) && PathsStay(castNode(SubscriptingRef, node))) {
    auto* subscript = castNode(SubscriptingRef, node);
    return Holds(reinterpret_cast<Node*>(subscript->refexpr), context) ||
           Holds(reinterpret_cast<Node*>(subscript->refassgnexpr), context);
  }
  return pg::WalkChildren(node, Holds, context);
}

}  // namespace

bool SaysHow(Oid function, int argument) {
  constexpr int kLast = 31;
  if (function >= FirstNormalObjectId || argument > kLast) return false;
  const char* name = get_func_name(function);
  if (name == nullptr) return false;
  for (const HowArguments& how : kHow)
    if (strcmp(name, how.function) == 0) return (how.arguments & Argument(argument)) != 0;
  return false;
}

bool NamesObjects(Oid type) {
  switch (type) {
    case REGPROCOID:
    case REGPROCEDUREOID:
    case REGOPEROID:
    case REGOPERATOROID:
    case REGCLASSOID:
    case REGCOLLATIONOID:
    case REGTYPEOID:
    case REGROLEOID:
    case REGNAMESPACEOID:
    case REGCONFIGOID:
    case REGDICTIONARYOID:
      return true;
    default:
      return false;
  }
}

bool IsData(const Const* value) {
  if (value->constisnull) return false;
  const Oid type = getBaseType(value->consttype);
  switch (type) {
    case TEXTOID:
    case VARCHAROID:
    case BPCHAROID: {
      const char* bytes = TextDatumGetCString(value->constvalue);
      return !SaysNothing(bytes, static_cast<int>(strlen(bytes)));
    }
    case NAMEOID:
    case UNKNOWNOID: {
      const char* bytes = DatumGetCString(value->constvalue);
      return !SaysNothing(bytes, static_cast<int>(strlen(bytes)));
    }
    case INT8OID:
      return std::fabs(static_cast<double>(DatumGetInt64(value->constvalue))) >= kLargestNumber;
    case NUMERICOID:
      return !(std::fabs(DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value->constvalue))) <
               kLargestNumber);
    default:
      break;
  }
  const Oid element = get_element_type(type);
  return !IsPlainType(OidIsValid(element) ? getBaseType(element) : type);
}

bool Stays(Oid function, Node* argument, int index) {
  if (IsA(argument, NamedArgExpr)) index = castNode(NamedArgExpr, argument)->argnumber;
  return SaysHow(function, index) && IsLiteral(argument);
}

Call AsCall(Node* node) {
  switch (nodeTag(node)) {
    case T_FuncExpr:
      return {castNode(FuncExpr, node)->funcid, castNode(FuncExpr, node)->args};
    case T_OpExpr:
    case T_DistinctExpr:
    case T_NullIfExpr: {
      auto* op = reinterpret_cast<OpExpr*>(node);  // the three share one struct
      set_opfuncid(op);
      return {op->opfuncid, op->args};
    }
    default:
      return {InvalidOid, NIL};
  }
}

bool PathsStay(const SubscriptingRef* subscript) {
  return getBaseType(subscript->refcontainertype) == JSONBOID;
}

bool HoldsData(Node* node) {
  return Holds(node, nullptr);
}

}  // namespace steward::capture
