// The planner's selectivity of a single condition, asked for again after planning: a finished plan only has the rows that a
// whole scan returns.
#pragma once

#include "capture/var_resolve.hpp"

namespace steward::capture {

/// The share of the rows of relation `scan` that satisfy `clause` (standing at `plan`), by the server's own estimators; -1
/// when the clause is about more than that relation. Runs in the statement's own role and may raise errors: call under
/// pg::RunProtected.
[[nodiscard]] double EstimateClause(PlanContext* context, Node* clause, Plan* plan, Index scan);

}  // namespace steward::capture
