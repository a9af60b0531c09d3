// Collects the facts of a plan that are stored with it: relations, indexes, predicates, circumstances.
#pragma once

#include "pg/postgres.hpp"

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

/// The serialised facts (store/predicate_record.hpp), allocated in `context`, or null when the walk failed; the failure is
/// swallowed. With `predicates` false predicates are left out.
[[nodiscard]] char* CollectFacts(const PlanSource& source, bool predicates, MemoryContext context, uint32* length);

/// True when the plan reads or writes a relation that advice can be about.
[[nodiscard]] bool TouchesUserRelation(const PlannedStmt* statement);

}  // namespace steward::capture
