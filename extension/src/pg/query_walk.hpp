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

/// The query inside CREATE TABLE AS or DECLARE CURSOR, which runs under the wrapper's query id. nullptr: `utility` is none of
/// these. From 18 on the query has an id of its own besides, and parse analysis shows both.
inline const Query* WrappedQuery(Node* utility) {
  Node* inner = nullptr;
  if (utility != nullptr && IsA(utility, CreateTableAsStmt)) inner = castNode(CreateTableAsStmt, utility)->query;
  if (utility != nullptr && IsA(utility, DeclareCursorStmt)) inner = castNode(DeclareCursorStmt, utility)->query;
  return inner != nullptr && IsA(inner, Query) ? castNode(Query, inner) : nullptr;
}

}  // namespace steward::pg
