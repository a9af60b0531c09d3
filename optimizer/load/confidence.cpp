// See confidence.hpp.
#include "load/confidence.hpp"

#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>

namespace steward::load {

double StudentT(std::size_t freedom) {
  constexpr double kTable[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                               2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086};
  if (freedom == 0) return std::numeric_limits<double>::infinity();
  if (freedom <= std::size(kTable)) return kTable[freedom - 1];
  return 1.96 + 2.5 / static_cast<double>(freedom);  // within 0.005 of the true value from here on
}

Interval MeanInterval(const std::vector<double>& values) {
  if (values.empty()) return {0, 0, std::numeric_limits<double>::infinity()};
  const auto count = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / count;
  if (values.size() == 1) return {mean, 0, std::numeric_limits<double>::infinity()};
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double half = StudentT(values.size() - 1) * std::sqrt(squares / (count - 1) / count);
  return {mean, mean - half, mean + half};
}

}  // namespace steward::load
