// Which indexes a plan reads, and with how many workers. Owns the walk over plan trees for that purpose only.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/pg_list.h"
#include "nodes/plannodes.h"
}

namespace steward::whatif {

struct PlanUse {
  List* indexes;  // OIDs, each once
  int workers;    // planned for the gathering with the most of them; 0: none is parallel
};

/// Adds what `plan` uses.
void AddUseOfPlan(PlanUse* use, const PlannedStmt* plan);

}  // namespace steward::whatif
