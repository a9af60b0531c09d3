// Collects what a plan does with the columns of its relations: conditions, joins, sort and group keys, columns fetched.
#pragma once

#include "capture/predicate_draft.hpp"

namespace steward::capture {

/// Fills `out` from every node of the plan and its subplans. Raises errors as any tree walk may (stack depth, cache look-ups):
/// call under pg::RunProtected.
void WalkPredicates(PlanContext* context, DraftList* out);

/// Adds, for each base relation scanned, the columns that the scan must fetch (role output). A negative column number means
/// that the row itself is needed, as for UPDATE: no index-only scan can serve it.
void AddNeededColumns(PlanContext* context, DraftList* out);

/// Adds the columns that the plan's UPDATEs set, those of ON CONFLICT and MERGE among them (role update). A generated column
/// is none of them.
void AddUpdatedColumns(PlanContext* context, DraftList* out);

}  // namespace steward::capture
