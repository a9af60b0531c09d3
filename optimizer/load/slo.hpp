// Whether a class kept what it promises.
#pragma once

#include <string>
#include <vector>

#include "model/load_result.hpp"

namespace steward::load {

/// What was missed, each with its figure and its limit; empty: everything was kept. A class that had no request kept
/// nothing.
std::vector<std::string> Missed(const model::LoadClassResult& result);

}  // namespace steward::load
