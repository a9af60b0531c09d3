// How long to wait before a connection is tried again.
#pragma once

#include <algorithm>

#include "load/random.hpp"

namespace steward::load {

/// Exponential from 10 ms to 1 s, each between half and the whole of it: those who failed together do not come back
/// together. `failures` counts from 1.
inline double BackoffSeconds(int failures, Random& random) {
  const double full = std::min(0.01 * static_cast<double>(1 << std::clamp(failures - 1, 0, 10)), 1.0);
  return full * (0.5 + 0.5 * random.Uniform());
}

}  // namespace steward::load
