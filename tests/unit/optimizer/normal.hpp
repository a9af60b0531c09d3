// Normally distributed numbers for tests, the same on every machine.
#pragma once

#include "load/random.hpp"

namespace steward::load {

/// Mean 0, variance 1. The sum of twelve uniform numbers: close enough.
inline double Normal(Random& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += random.Uniform();
  return sum;
}

}  // namespace steward::load
