// Statements with how they arrive and what their plans may cost, from a server or a file.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "model/prepared_workload.hpp"

namespace steward::collect {

/// The statements of the connected database, without plan choices. Runs inside the caller's transaction.
model::PreparedWorkload ReadPreparedWorkload(db::Database& database);

/// Asks steward.plan_choice for the statements at `places`, in batches, each a read-only transaction of its own; never executes
/// anything. `progress` is told the share done. What cannot be planned has an error in its choice.
void ReadPlanChoices(db::Database& database, const std::vector<std::size_t>& places, const std::function<void(double)>& progress,
                     model::PreparedWorkload& workload);

std::string PreparedWorkloadToJson(const model::PreparedWorkload& workload);
/// Throws WorkloadFormatError.
model::PreparedWorkload PreparedWorkloadFromJson(const std::string& text);

}  // namespace steward::collect
