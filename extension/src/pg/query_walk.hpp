// Query trees over the versions: query_tree_walker behind a typed signature (see node_walk.hpp), and what moved.
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

/// What a range-table entry of kind RTE_GROUP (from 18 on) stands for; NIL for every other kind.
inline List* GroupExpressions([[maybe_unused]] const RangeTblEntry* entry) {
#if PG_VERSION_NUM >= 180000
  return entry->rtekind == RTE_GROUP ? entry->groupexprs : NIL;
#else
  return NIL;
#endif
}

/// The query inside CREATE TABLE AS or DECLARE CURSOR where the parse analysis hook sees only the wrapper; from 18 on it is
/// called for the query too, and this is nullptr.
inline const Query* WrappedQuery([[maybe_unused]] Node* utility) {
#if PG_VERSION_NUM < 180000
  Node* inner = nullptr;
  if (utility != nullptr && IsA(utility, CreateTableAsStmt)) inner = castNode(CreateTableAsStmt, utility)->query;
  if (utility != nullptr && IsA(utility, DeclareCursorStmt)) inner = castNode(DeclareCursorStmt, utility)->query;
  if (inner != nullptr && IsA(inner, Query)) return castNode(Query, inner);
#endif
  return nullptr;
}

}  // namespace steward::pg
