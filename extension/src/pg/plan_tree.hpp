// The shape of finished plan trees: children, what a node scans, and how nodes of one kind differ.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/plannodes.h"
}

namespace steward::pg {

/// Called for each child plan; `context` is passed through.
using PlanVisitor = void (*)(Plan* child, void* context);

/// Calls `visit` for each direct child of `plan`; not for subplans, which hang off the PlannedStmt.
void ForEachChild(Plan* plan, PlanVisitor visit, void* context);

/// The range-table index of the relation that `plan` scans, 0 when it is no scan of the range table.
[[nodiscard]] Index ScanRelation(const Plan* plan);

/// The index that `plan` reads, InvalidOid when it reads none.
[[nodiscard]] Oid ScannedIndex(const Plan* plan);

/// What distinguishes two nodes of the same kind, apart from their relation and index.
[[nodiscard]] uint64 VariantOf(const Plan* plan);

}  // namespace steward::pg
