// See query_rights.hpp.
#include "pg/query_rights.hpp"

#include "pg/query_walk.hpp"

extern "C" {
#include "executor/executor.h"
}

namespace steward::pg {

namespace {

bool HasRights(const Query* query) {
#if PG_VERSION_NUM >= 160000
  return ExecCheckPermissions(query->rtable, query->rteperminfos, false);
#else
  return ExecCheckRTPerms(query->rtable, false);
#endif
}

bool Forbidden(Node* node, void* context) {
  if (node == nullptr) return false;
  if (!IsA(node, Query)) return WalkChildren(node, Forbidden, context);
  auto* query = castNode(Query, node);
  return !HasRights(query) || WalkQueryTree(query, Forbidden, context, 0);
}

}  // namespace

bool MayExecute(Query* query) { return !Forbidden(reinterpret_cast<Node*>(query), nullptr); }

}  // namespace steward::pg
