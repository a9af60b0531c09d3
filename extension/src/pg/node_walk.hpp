// What differs between the server's versions about trees of plan and expression nodes. The walkers take functions without a
// prototype on 15 and are macros from 16 on; here they are typed. For trees of queries see query_walk.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/execnodes.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
}

namespace steward::pg {

using NodeWalker = bool (*)(Node* node, void* context);
using PlanStateWalker = bool (*)(PlanState* state, void* context);
using NodeMutator = Node* (*)(Node* node, void* context);

inline bool WalkChildren(Node* node, NodeWalker walker, void* context) {
#if PG_VERSION_NUM >= 160000
  return expression_tree_walker(node, walker, context);
#else
  return expression_tree_walker(node, reinterpret_cast<bool (*)()>(reinterpret_cast<void*>(walker)), context);
#endif
}

inline Node* MutateChildren(Node* node, NodeMutator mutator, void* context) {
#if PG_VERSION_NUM >= 160000
  return expression_tree_mutator(node, mutator, context);
#else
  return expression_tree_mutator(node, reinterpret_cast<Node* (*)()>(reinterpret_cast<void*>(mutator)), context);
#endif
}

inline bool WalkPlanStates(PlanState* state, PlanStateWalker walker, void* context) {
#if PG_VERSION_NUM >= 160000
  return planstate_tree_walker(state, walker, context);
#else
  return planstate_tree_walker(state, reinterpret_cast<bool (*)()>(reinterpret_cast<void*>(walker)), context);
#endif
}

/// Trees of raw parsing: expressions and the statements SELECT, INSERT, UPDATE, DELETE and MERGE.
inline bool WalkRaw(Node* node, NodeWalker walker, void* context) {
#if PG_VERSION_NUM >= 160000
  return raw_expression_tree_walker(node, walker, context);
#else
  return raw_expression_tree_walker(node, reinterpret_cast<bool (*)()>(reinterpret_cast<void*>(walker)), context);
#endif
}

/// Takes a copied range-table entry out of its query's list of permissions, which exists from 16 on.
inline void ForgetPermissions([[maybe_unused]] RangeTblEntry* rte) {
#if PG_VERSION_NUM >= 160000
  rte->perminfoindex = 0;
#endif
}

}  // namespace steward::pg
