// The server's walkers of plan and expression trees behind typed signatures. For trees of queries see query_walk.
#pragma once

#include "pg/compat.hpp"
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
  return expression_tree_walker(node, STEWARD_WALKER(bool, walker), context);
}

inline Node* MutateChildren(Node* node, NodeMutator mutator, void* context) {
  return expression_tree_mutator(node, STEWARD_WALKER(Node*, mutator), context);
}

inline bool WalkPlanStates(PlanState* state, PlanStateWalker walker, void* context) {
  return planstate_tree_walker(state, STEWARD_WALKER(bool, walker), context);
}

/// Trees of raw parsing: expressions and the statements SELECT, INSERT, UPDATE, DELETE and MERGE.
inline bool WalkRaw(Node* node, NodeWalker walker, void* context) {
  return raw_expression_tree_walker(node, STEWARD_WALKER(bool, walker), context);
}

}  // namespace steward::pg
