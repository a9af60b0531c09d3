// See candidate_trust.hpp.
#include "whatif/candidate_trust.hpp"

#include "pg/node_walk.hpp"

extern "C" {
#include "catalog/pg_proc.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace steward::whatif {

namespace {

Oid FunctionOwner(Oid function) {
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for function %u", function);
  const Oid owner = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple))->proowner;
  ReleaseSysCache(tuple);
  return owner;
}

bool Untrusted(Oid function, void* context) {
  const auto* relation = static_cast<Relation>(context);
  if (function < FirstGenbkiObjectId) return false;
  const Oid owner = FunctionOwner(function);
  if (owner == relation->rd_rel->relowner || superuser_arg(owner)) return false;
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                  errmsg("function \"%s\" of a candidate is not trusted", get_func_name(function)),
                  errdetail("Functions of a candidate must belong to a superuser or to the owner of the table.")));
}

bool Walk(Node* node, void* context) {
  if (node == nullptr) return false;
  check_functions_in_node(node, Untrusted, context);
  return pg::WalkChildren(node, Walk, context);
}

}  // namespace

void RequireTrustedFunctions(Node* expression, Relation relation) {
  Walk(expression, relation);
}

}  // namespace steward::whatif
