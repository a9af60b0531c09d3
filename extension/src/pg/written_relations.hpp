// Which relations the current transaction has written rows of, by whatever way: statements, COPY, the workers of logical
// replication, and other modules' C code. Known to the server's statistics, which count rows where they are written.
#pragma once

#include "pg/postgres.hpp"

namespace steward::pg {

/// Calls `visit` for each user relation, TOAST tables included. To be called while the transaction commits or prepares,
/// before or after it is visible. C-shaped. Nothing where track_counts is off.
void VisitWrittenRelations(void (*visit)(Oid relid));

}  // namespace steward::pg
