// Which statements are tracked, and under which key: shared by the hooks. Hot: inline where nothing is nested.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/nodes.h"
}

#include "capture/frames.hpp"
#include "settings.hpp"
#include "store/statement_key.hpp"

namespace steward::capture {

/// Tracked for a backend that is inside of something.
[[nodiscard]] bool TrackedWithin();
[[nodiscard]] bool PlanningTrackedWithin();

/// Whether a statement at this nesting level is tracked. Parallel workers work for their leader, who counts; in them
/// `nesting` is never all zero.
[[nodiscard]] inline bool Tracked() {
  return likely(SaveNesting() == 0) ? settings.track != static_cast<int>(Track::kNone) : TrackedWithin();
}

/// The same of a planning, which is nested within other plannings as well.
[[nodiscard]] inline bool PlanningTracked() {
  return likely(SaveNesting() == 0) ? settings.track != static_cast<int>(Track::kNone) : PlanningTrackedWithin();
}

[[nodiscard]] inline store::StatementKey KeyOf(uint64 queryid) {
  return store::StatementKey{GetUserId(), MyDatabaseId, queryid, nesting.exec == 0};
}

/// PREPARE, EXECUTE and DEALLOCATE count as the statement they handle.
[[nodiscard]] inline bool HandlesPrepared(const Node* utility) {
  return IsA(utility, ExecuteStmt) || IsA(utility, PrepareStmt) || IsA(utility, DeallocateStmt);
}

}  // namespace steward::capture
