// What preparing saves for each millisecond of parsing and planning in the server.
#pragma once

#include "db/database.hpp"
#include "db/run_timer.hpp"
#include "model/prepared_workload.hpp"

namespace steward::act {

/// A straight line through what two probes save; never falling, and nowhere below 0. `times` are the server's, the larger one second.
model::SavingScale ScaleThrough(const double (&times)[2], const double (&saved)[2]);

/// Runs the probes of steward.planning_probes as text, prepared with plans for the value and with the generic plan, in turns, and sets
/// the workload's scales. `timer`: of the same session, which is busy for half a second. Throws as these do.
void MeasureSavingScales(db::Database& database, db::RunTimer& timer, model::PreparedWorkload& workload);

}  // namespace steward::act
