// A planning that is held to the scans and joins of a plan made before, so that its cost with other values can be had.
// Owns the hooks and settings for that, which are there only meanwhile; whether it came out as wanted is for the caller
// to check.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/join_order.hpp"

extern "C" {
#include "nodes/params.h"
#include "nodes/pg_list.h"
#include "nodes/plannodes.h"
}

namespace steward::whatif {

/// What is allowed. Plain data; what it points to belongs to the caller.
struct PlanPin {
  const List* scans;      // of ScanForm: of the tables in it, no other scans than these
  const List* ruled_out;  // OIDs of partitions that are not there, sorted
  uint32 kinds;           // see PlanKind: what is missing here is not to be used
  JoinOrder* joins;       // null: joins are free, but for their kinds
};

/// Plans a copy of `query` with `values` (not null), held to `pin`.
PlannedStmt* PlanPinned(const Query* query, ParamListInfo values, const PlanPin& pin);

/// To be called after an error, in case it ended such a planning.
void EndPinning();

}  // namespace steward::whatif
