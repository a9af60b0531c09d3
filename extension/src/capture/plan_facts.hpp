// Collects what is stored of a plan: its facts, which are relations, indexes and predicates, and its circumstances.
#pragma once

#include "pg/postgres.hpp"
#include "store/plans.hpp"

extern "C" {
#include "nodes/params.h"
#include "nodes/plannodes.h"
}

namespace steward::capture {

/// A plan and the client's parameters for the execution at hand (may be null).
struct PlanSource {
  PlannedStmt* statement;
  ParamListInfo parameters;
};

/// Fills `notes`, with memory of `context`. False when the walk failed, which is swallowed. With `predicates` false predicates
/// are left out.
[[nodiscard]] bool CollectNotes(const PlanSource& source, bool predicates, MemoryContext context, store::PlanNotes* notes);

/// True when the plan reads or writes a relation that advice can be about.
[[nodiscard]] bool TouchesUserRelation(const PlannedStmt* statement);

}  // namespace steward::capture
