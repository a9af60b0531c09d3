// See text_trust.hpp.
#include "whatif/text_trust.hpp"

#include "pg/node_walk.hpp"
#include "whatif/code_trust.hpp"

extern "C" {
#include "nodes/value.h"
#include "parser/parse_target.h"
#include "parser/parse_type.h"
#include "utils/syscache.h"
}

namespace steward::whatif {

namespace {

struct Reading {
  Oid owner;      // whose types are trusted besides superusers'
  bool foreign;   // met a function or an operator that is not the server's own
  bool argument;  // met a literal without type as argument of a function of the server
  bool untyped;   // met one anywhere else
};

bool IsString(const Node* node) {
  if (node == nullptr || !IsA(node, A_Const)) return false;
  const auto* constant = reinterpret_cast<const A_Const*>(node);
  return !constant->isnull && IsA(&constant->val.node, String);
}

// The search_path is pg_catalog, where unqualified names of functions and operators are found.
bool IsBuiltIn(const List* name) {
  return list_length(name) == 1 || strcmp(strVal(linitial(name)), "pg_catalog") == 0;
}

void PinType(TypeName* name, Oid owner) {
  if (name->names == NIL) return;
  Type type = LookupTypeName(nullptr, name, nullptr, false);
  if (type == nullptr)
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("type \"%s\" does not exist", TypeNameToString(name))));
  const Oid oid = typeTypeId(type);
  ReleaseSysCache(type);
  RequireTrustedType(oid, owner);
  name->names = NIL;
  name->arrayBounds = NIL;
  name->typeOid = oid;
}

bool Read(Node* node, void* context);

// All but those arguments of a call that are literals.
bool ReadCall(FuncCall* call, Reading* reading) {
  if (!IsBuiltIn(call->funcname)) {
    reading->foreign = true;
    return pg::WalkRaw(reinterpret_cast<Node*>(call), Read, reading);
  }
  ListCell* cell = nullptr;
  foreach (cell, call->args) {
    auto* argument = static_cast<Node*>(lfirst(cell));
    if (IsString(argument))
      reading->argument = true;
    else
      Read(argument, reading);
  }
  Read(reinterpret_cast<Node*>(call->agg_order), reading);
  Read(call->agg_filter, reading);
  return Read(reinterpret_cast<Node*>(call->over), reading);
}

// The server calls each function in FROM by its name, a cast by its type's, whatever the alias.
void RefuseCastInFrom(const RangeFunction* range) {
  ListCell* cell = nullptr;
  foreach (cell, range->functions)
    if (IsA(linitial(lfirst_node(List, cell)), TypeCast))
      ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("a cast in FROM is not supported"),
                      errhint("Write it in a sub-select, as in FROM (SELECT CAST(...)).")));
}

bool Read(Node* node, void* context) {
  auto* reading = static_cast<Reading*>(context);
  if (node == nullptr) return false;
  check_stack_depth();
  switch (nodeTag(node)) {
    case T_ResTarget: {
      // What has no name is called by its cast's type, which is gone once that is pinned: so it gets its name before.
      auto* target = reinterpret_cast<ResTarget*>(node);
      if (target->name == nullptr && target->val != nullptr && !IsA(target->val, ColumnRef)) target->name = FigureColname(target->val);
      break;
    }
    case T_IndexElem: {
      auto* element = reinterpret_cast<IndexElem*>(node);
      if (element->indexcolname == nullptr && element->expr != nullptr) element->indexcolname = FigureIndexColname(element->expr);
      break;
    }
    case T_RangeFunction:
      RefuseCastInFrom(reinterpret_cast<RangeFunction*>(node));
      break;
    case T_TypeName:
      PinType(reinterpret_cast<TypeName*>(node), reading->owner);
      return false;
    case T_TypeCast: {
      auto* cast = reinterpret_cast<TypeCast*>(node);
      PinType(cast->typeName, reading->owner);
      return IsString(cast->arg) ? false : Read(cast->arg, reading);
    }
    case T_A_Const:
      reading->untyped |= IsString(node);
      return false;
    case T_FuncCall:
      return ReadCall(reinterpret_cast<FuncCall*>(node), reading);
    case T_A_Expr:
      reading->foreign |= !IsBuiltIn(reinterpret_cast<A_Expr*>(node)->name);
      break;
    case T_SubLink:
      reading->foreign |= list_length(reinterpret_cast<SubLink*>(node)->operName) > 1;
      break;
    default:
      break;
  }
  return pg::WalkRaw(node, Read, context);
}

void RefuseLiteral() {
  ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                  errmsg("a literal without a type stands in a place that is not supported"),
                  errhint("Write its type, as in 'x'::text.")));
}

}  // namespace

void RequireTrustedStatement(RawStmt* statement) {
  Reading reading{};
  Read(statement->stmt, &reading);
  if (reading.untyped) RefuseLiteral();
}

void RequireTrustedIndex(IndexStmt* statement, Relation relation) {
  Reading reading{};
  reading.owner = relation->rd_rel->relowner;
  ListCell* cell = nullptr;
  foreach (cell, statement->indexParams) Read(static_cast<Node*>(lfirst(cell)), &reading);
  Read(statement->whereClause, &reading);
  if (!reading.untyped && !reading.argument) return;
  if (reading.foreign) RefuseLiteral();
  RequireTrustedColumns(relation, reading.owner);
}

}  // namespace steward::whatif
