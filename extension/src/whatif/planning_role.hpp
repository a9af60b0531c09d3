// Which role a captured statement is planned as. Planning runs code that belongs to the owners of what the statement
// names: expressions of an index, a view's functions. Whoever ran the statement trusted them then. But a superuser who
// looked at a user's table once must not run, whenever somebody asks what-if, what that user has put there since. So a
// superuser's statement is planned as the one who owns all its relations, and as the superuser only where nobody else's
// code can run.
#pragma once

#include "pg/postgres.hpp"
#include "store/plannable_record.hpp"

extern "C" {
#include "nodes/pg_list.h"
}

namespace steward::whatif {

/// The role to analyse and plan a statement as that `role` ran. Raises when the relations of a superuser's statement
/// have several owners, or one of them is gone.
[[nodiscard]] Oid PlanningRole(Oid role, const store::PlannableRecord& record);

/// After analysis and rewriting of a superuser's statement, as `planning_role`: raises unless the relations there are
/// now, those of views, partitions and rules included, leave the choice as it was, and, where that is a superuser, all
/// code is superusers'.
void RequirePlanningRole(Oid planning_role, List* queries);

}  // namespace steward::whatif
