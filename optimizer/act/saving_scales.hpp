// What preparing saves for each millisecond of parsing and planning in the server.
#pragma once

#include "db/database.hpp"
#include "db/run_timer.hpp"
#include "model/prepared_workload.hpp"

namespace steward::act {

/// What a client saves, in ms: the median of what was measured and its standard error, infinity where that is unknown.
struct Saving {
  double median;
  double error;
};

/// A straight line through what two probes save, nowhere below 0; as it stands where it does not rise clearly, as over a slow network.
/// `times` are the server's in ms, the larger one second.
model::SavingScale ScaleThrough(const double (&times)[2], const Saving (&saved)[2]);

/// Runs the probes of steward.planning_probes as text, prepared with plans for the value and with the generic plan, in turns, and sets
/// the workload's scales. `timer`: of the same session, which is busy for half a second. Throws as these do.
void MeasureSavingScales(db::Database& database, db::RunTimer& timer, model::PreparedWorkload& workload);

}  // namespace steward::act
