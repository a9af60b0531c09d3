// The server's walker of query trees behind a typed signature. See node_walk.hpp.
#pragma once

#include "pg/node_walk.hpp"

namespace steward::pg {

/// Calls `walker` for each expression and subquery of `query`.
inline bool WalkQueryTree(Query* query, NodeWalker walker, void* context, int flags) {
  return query_tree_walker(query, STEWARD_WALKER(bool, walker), context, flags);
}

/// Replaces what `mutator` returns for each expression and subquery of `query`; with QTW_DONT_COPY_QUERY in place.
inline Query* MutateQueryTree(Query* query, NodeMutator mutator, void* context, int flags) {
  return query_tree_mutator(query, STEWARD_WALKER(Node*, mutator), context, flags);
}

}  // namespace steward::pg
