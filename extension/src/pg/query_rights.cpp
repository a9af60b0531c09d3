// See query_rights.hpp.
#include "pg/query_rights.hpp"

#include "pg/compat.hpp"
#include "pg/query_walk.hpp"

namespace steward::pg {

namespace {

bool Forbidden(Node* node, void* context) {
  if (node == nullptr) return false;
  if (!IsA(node, Query)) return WalkChildren(node, Forbidden, context);
  auto* query = castNode(Query, node);
  return !HasOwnRights(query) || WalkQueryTree(query, Forbidden, context, 0);
}

}  // namespace

bool MayExecute(Query* query) {
  // Other modules may count on having seen this statement start (pgaudit does), and parse analysis starts nothing.
  const ExecutorCheckPerms_hook_type foreign = ExecutorCheckPerms_hook;
  volatile bool forbidden = true;
  ExecutorCheckPerms_hook = nullptr;
  PG_TRY();
  { forbidden = Forbidden(reinterpret_cast<Node*>(query), nullptr); }
  PG_FINALLY();
  { ExecutorCheckPerms_hook = foreign; }
  PG_END_TRY();
  return !forbidden;
}

}  // namespace steward::pg
