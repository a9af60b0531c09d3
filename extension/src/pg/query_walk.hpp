// query_tree_walker behind a typed signature; see node_walk.hpp.
#pragma once

#include "pg/node_walk.hpp"

namespace steward::pg {

/// Calls `walker` for each expression and subquery of `query`.
inline bool WalkQueryTree(Query* query, NodeWalker walker, void* context, int flags) {
#if PG_VERSION_NUM >= 160000
  return query_tree_walker(query, walker, context, flags);
#else
  return query_tree_walker(query, reinterpret_cast<bool (*)()>(reinterpret_cast<void*>(walker)), context, flags);
#endif
}

}  // namespace steward::pg
