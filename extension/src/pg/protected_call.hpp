// Runs work that capture does for itself (its own EXPLAIN, its own deparse) inside somebody else's statement, so that an
// error in it never becomes the statement's error. Owns the containment; what failed and how often is the caller's to count.
#pragma once

#include "pg/postgres.hpp"

namespace steward::pg {

/// Runs C-shaped `function(argument)` in a memory context and a resource owner of its own and drops both afterwards, without
/// a subtransaction. Returns false when an ERROR was swallowed; cancels and shutdowns are thrown on. Memory that `function`
/// allocates is gone on return unless it switched to another context; the settings it changed with GUC_ACTION_SAVE, the
/// user, the snapshots it pushed and the locks it took (on failure) are put back. Contract: the caller holds no LWLock, and
/// `function` writes nothing to the database.
bool RunProtected(void (*function)(void*), void* argument);

/// True while this backend is inside RunProtected: what is executed then is capture's own work, nobody's statement.
[[nodiscard]] bool InProtectedCall();

}  // namespace steward::pg
