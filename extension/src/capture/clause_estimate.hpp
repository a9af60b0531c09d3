// The planner's selectivity of a single condition, asked for again after planning: a finished plan only has the rows that a
// whole scan returns.
#pragma once

#include "capture/var_resolve.hpp"

namespace steward::capture {

/// The share of the rows of relation `scan` that satisfy `clause` (standing at `plan`), by the server's own estimators; -1
/// when the clause is about more than that relation, when it calls a function that is not the server's own (an estimator may
/// execute those), or when the plan has more conditions than are worth it. Runs in the statement's own role and may raise errors: call under
/// pg::RunProtected.
[[nodiscard]] double EstimateClause(PlanContext* context, Node* clause, Plan* plan, Index scan);

/// The share of the rows of its relation that the whole scan `plan` was planned to return each time it runs, below a Gather
/// with `workers` workers (0: none); -1 when the relation's size is not known.
[[nodiscard]] double EstimateScan(PlanContext* context, const Plan* plan, Index scan, int workers);

}  // namespace steward::capture
