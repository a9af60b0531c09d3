// Whether a class kept what it promises.
#pragma once

#include <string>
#include <vector>

#include "model/load_result.hpp"

namespace steward::load {

/// What was missed for sure, however the requests end that have not: each with its figure and its limit. A class that
/// had no request kept nothing.
std::vector<std::string> Missed(const model::LoadClassResult& result);

/// What those requests can still make missed, where nothing is yet. Kept is only what is in neither.
std::vector<std::string> Undecided(const model::LoadClassResult& result);

}  // namespace steward::load
