// See value_choice.hpp.
#include "core/value_choice.hpp"

#include <algorithm>

namespace steward::core {

namespace {

constexpr double kWide = 0.99;
constexpr double kNarrow = 0.001;

}  // namespace

int ExtremesAmong(int wanted, int available) {
  return std::min(available, wanted - wanted / 3);
}

double Median(double* numbers, int count) {
  std::sort(numbers, numbers + count);
  const int middle = count / 2;
  return count % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2;
}

double Skew(double common, double rare) {
  return common > 0 && rare > 0 ? std::max(1.0, common / rare) : 1;
}

RangeEnds EndsOfRange(bool wide, bool has_lower, bool has_upper) {
  const double share = wide ? kWide : kNarrow;
  if (has_lower && has_upper) return {(1 - share) / 2, (1 + share) / 2, share};
  if (has_lower) return {1 - share, 1, share};
  return {0, share, share};
}

}  // namespace steward::core
