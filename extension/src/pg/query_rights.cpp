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

bool MayExecute(Query* query) { return !Forbidden(reinterpret_cast<Node*>(query), nullptr); }

}  // namespace steward::pg
