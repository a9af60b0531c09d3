// Shows plans that what-if made, as EXPLAIN (FORMAT JSON, COSTS) does, without values. Owns the call of EXPLAIN and the
// names of indexes that do not exist.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/inject.hpp"

extern "C" {
#include "nodes/params.h"
#include "nodes/pg_list.h"
}

namespace steward::whatif {

/// JSON of `plans` (of PlannedStmt), literals replaced by question marks; candidate i of `configuration` is called
/// "candidate i", from 1. `values` are those that the plans' parameters have, null for none. Nothing is run but what
/// starting an executor evaluates (partitions that are ruled out). In the current memory context.
const char* ExplainPlans(const List* plans, ParamListInfo values, const Configuration& configuration);

/// To be called after an error, which may have come from ExplainPlans.
void EndExplaining();

}  // namespace steward::whatif
