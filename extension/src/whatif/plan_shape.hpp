// What a plan does, apart from constants and costs: compared with another plan of the same statement. Stricter than
// capture's plan id, which takes no conditions into account.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/pg_list.h"
#include "nodes/plannodes.h"
}

namespace steward::whatif {

/// A hash of node kinds, join kinds, relations, indexes, and the number of conditions that indexes are searched with.
/// Of the inputs of an Append those that scan a table in `without` (OIDs, sorted) are left out; one that is left stands for it.
[[nodiscard]] uint64 ShapeOf(const PlannedStmt* plan, const List* without);

/// Whether the plan leaves out partitions when it starts, by its parameters.
[[nodiscard]] bool PrunesAtStart(const PlannedStmt* plan);

/// The partitions of `generic`, which prunes at start, that planning with values has ruled out in `custom`; OIDs. False
/// where it cannot be told: a table that is named several times, ruled out in some places.
[[nodiscard]] bool RuledOut(const PlannedStmt* generic, const PlannedStmt* custom, List** relids);

/// How a plan reads a table somewhere.
struct ScanForm {
  Oid relid;
  Oid index;     // InvalidOid: none
  NodeTag kind;  // of the plan node
};

/// Every scan of a table, in memory of the current context; of ScanForm.
[[nodiscard]] List* ScansOf(const PlannedStmt* plan);

/// What a plan can have; kHashes: hashed aggregates or set operations.
enum PlanKind : int {
  kNestedLoops,
  kMergeJoins,
  kHashJoins,
  kMaterializes,
  kMemoizes,
  kHashes,
  kIncrementalSorts,
  kGathers,
  kGatherMerges
};
/// One bit for each kind that the plan has.
[[nodiscard]] uint32 KindsIn(const PlannedStmt* plan);

}  // namespace steward::whatif
