// pgsteward pool verify --calibrate: the pool's size, searched live.
#pragma once

#include <vector>

#include "cli/commands.hpp"
#include "load/plan.hpp"

namespace steward::cli {

/// Probes sizes under the load of the classes and puts the original one back. Throws as OpenLoadSession does, and
/// db::Error where a guard stops it.
Outcome RunPoolCalibrate(const Arguments& arguments, std::vector<load::LoadClass> classes);

}  // namespace steward::cli
