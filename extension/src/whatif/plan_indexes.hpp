// Which indexes a plan reads. Owns the walk over plan trees for that purpose only.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/pg_list.h"
#include "nodes/plannodes.h"
}

namespace steward::whatif {

/// Adds the OID of every index that `plan` scans to `oids`, each once, and returns the list.
List* AddIndexesOfPlan(List* oids, const PlannedStmt* plan);

}  // namespace steward::whatif
