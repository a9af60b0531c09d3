// The expressions in a finished plan tree, and the cheap structural identity of a plan. What a condition means is
// predicate_walk's business.
#pragma once

#include "pg/plan_tree.hpp"
#include "pg/postgres.hpp"

extern "C" {
#include "nodes/plannodes.h"
}

namespace steward::capture {

using pg::ForEachChild;
using pg::ScannedIndex;
using pg::ScanRelation;

/// Called for each expression; `context` is passed through.
using ExpressionVisitor = void (*)(Node* expression, Plan* owner, void* context);

/// Calls `visit` for each expression (or list of them) that `plan` itself evaluates, target list and init plans included.
void ForEachExpression(Plan* plan, ExpressionVisitor visit, void* context);

/// True for relations that advice can be about: no system catalogs, no temporary tables.
[[nodiscard]] bool IsUserRelation(Oid relid);

/// A hash of the plan's structure: node kinds, relations, indexes, join kinds, strategies. No expression, cost or constant
/// takes part, so it is the same for every literal. Never 0.
[[nodiscard]] uint64 PlanId(const PlannedStmt* statement);

}  // namespace steward::capture
