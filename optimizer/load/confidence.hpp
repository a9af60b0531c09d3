// Confidence intervals of what a run measured.
#pragma once

#include <vector>

namespace steward::load {

struct Interval {
  double mean = 0;
  double low = 0;
  double high = 0;
};

/// The 95 % interval of a mean by Student's t. One value or none has no width to speak of: low = 0, high = infinity.
Interval MeanInterval(const std::vector<double>& values);

/// The 97.5 % quantile of Student's t with `freedom` degrees.
double StudentT(std::size_t freedom);

}  // namespace steward::load
