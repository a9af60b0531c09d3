// Moving about in a finished plan tree: children, expressions, and the cheap structural identity of a plan. Knows the shape
// of plan nodes; what a condition means is predicate_walk's business.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/plannodes.h"
}

namespace steward::capture {

/// Called for each child plan or expression; `context` is passed through.
using PlanVisitor = void (*)(Plan* child, void* context);
using ExpressionVisitor = void (*)(Node* expression, Plan* owner, void* context);

/// Calls `visit` for each direct child of `plan`; not for subplans, which hang off the PlannedStmt.
void ForEachChild(Plan* plan, PlanVisitor visit, void* context);

/// Calls `visit` for each expression (or list of them) that `plan` itself evaluates, target list and init plans included.
void ForEachExpression(Plan* plan, ExpressionVisitor visit, void* context);

/// The range-table index of the relation that `plan` scans, 0 when it is no scan of the range table.
[[nodiscard]] Index ScanRelation(const Plan* plan);

/// The index that `plan` reads, InvalidOid when it reads none.
[[nodiscard]] Oid ScannedIndex(const Plan* plan);

/// True for relations that advice can be about: no system catalogs, no temporary tables.
[[nodiscard]] bool IsUserRelation(Oid relid);

/// A hash of the plan's structure: node kinds, relations, indexes, join kinds, strategies. No expression, cost or constant
/// takes part, so it is the same for every literal. Never 0.
[[nodiscard]] uint64 PlanId(const PlannedStmt* statement);

}  // namespace steward::capture
