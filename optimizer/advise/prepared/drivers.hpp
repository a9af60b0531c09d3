// What common client libraries call preparing statements. Pure.
#pragma once

#include <string>
#include <vector>

#include "model/prepared_suggestion.hpp"

namespace steward::advise {

struct DriverAdvice {
  const char* driver;
  std::string text;
};

/// How each driver prepares statements (`on`), or leaves it. `pooler` adds what a driver needs of it.
std::vector<DriverAdvice> DriversFor(bool on, model::PoolerVerdict pooler);

}  // namespace steward::advise
