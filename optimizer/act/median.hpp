// The median of times.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace steward::act {

/// The upper one of an even number; not of none. Puts `values` into another order.
inline double Median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace steward::act
