// What preparing saves for each millisecond of parsing and planning in the server.
#pragma once

#include <vector>

#include "db/database.hpp"
#include "db/run_timer.hpp"
#include "model/prepared_workload.hpp"

namespace steward::act {

/// What a client saves of a statement, in ms: the median of what was measured and its standard error, infinity where that is unknown.
struct ProbedSaving {
  double time;  // of the server, ms
  double saved;
  double error;
};

/// A straight line through what probes save, never falling and nowhere below 0; the more they scatter, as over a slow network, the closer
/// to what the server spends.
model::SavingScale ScaleThrough(const std::vector<ProbedSaving>& probes);

/// Runs the probes of steward.planning_probes as text, prepared with plans for the value and with the generic plan, in turns, and sets
/// the workload's scales. `timer`: of the same session, which is busy for a second. Throws as these do.
void MeasureSavingScales(db::Database& database, db::RunTimer& timer, model::PreparedWorkload& workload);

}  // namespace steward::act
