// A plan's outline as JSON: node types, relations, indexes, costs and rows, no expression. For plans whose EXPLAIN output is too
// large to keep, or that EXPLAIN cannot print.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "executor/execdesc.h"
#include "nodes/execnodes.h"
}

namespace steward::capture {

/// Nodes of the tree, subplans included; stops counting at `limit`, and at the depth the stack allows.
[[nodiscard]] int CountNodes(PlanState* state, int limit);

/// Valid JSON in the shape of EXPLAIN (FORMAT JSON) of at most `limit` bytes. Nodes that do not fit are left out; the top node
/// then says "Truncated": true. Allocated in the current memory context.
[[nodiscard]] const char* OutlinePlan(QueryDesc* query, Size limit, Size* length);

}  // namespace steward::capture
