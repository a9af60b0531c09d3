// Reads the newest saved run of an advisor.
#pragma once

#include <optional>

#include "db/database.hpp"
#include "model/saved_run.hpp"

namespace steward::collect {

/// None when no run was saved. Runs inside the caller's transaction.
std::optional<model::SavedRun> ReadNewestRun(db::Database& database);

}  // namespace steward::collect
