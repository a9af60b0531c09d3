// A plan's outline: node types, relations, indexes, costs and rows, no expression. As JSON for plans whose EXPLAIN output is
// too large to keep, or that EXPLAIN cannot print; as text for every plan when it is first seen.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "executor/execdesc.h"
#include "nodes/execnodes.h"
#include "nodes/plannodes.h"
}

namespace steward::capture {

/// Nodes of the tree, subplans included; stops counting at `limit`, and at the depth the stack allows.
[[nodiscard]] int CountNodes(PlanState* state, int limit);

/// Valid JSON in the shape of EXPLAIN (FORMAT JSON) of at most `limit` bytes. Nodes that do not fit are left out; the top node
/// then says "Truncated": true. Allocated in the current memory context.
[[nodiscard]] const char* OutlinePlan(QueryDesc* query, Size limit, Size* length);

/// A line for each node, indented as EXPLAIN's are, subplans last; at most `limit` bytes. Nodes that do not fit are left out,
/// which a last line of dots says. Allocated in the current memory context.
[[nodiscard]] const char* OutlineText(const PlannedStmt* statement, Size limit, Size* length);

}  // namespace steward::capture
