// What preparing saves of any statement, however small.
#pragma once

#include "db/database.hpp"
#include "db/run_timer.hpp"

namespace steward::act {

/// Milliseconds that a client saves of a statement that asks for nothing by preparing it, beyond its parsing and planning
/// (steward.least_planning_time): what the protocol does for a text, and that the rest of the statement finds caches that parsing and
/// planning did not sweep. Not negative. `timer`: of the same session, which is busy for half a second at most. Throws as these do.
double MeasureBareSaving(db::Database& database, db::RunTimer& timer);

}  // namespace steward::act
