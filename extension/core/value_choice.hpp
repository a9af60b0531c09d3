// How the values that a plan choice is tried with are shared out between extremes and typical ones, and what is made of
// repeated measurements. Pure; which values these are is whatif/choice_values' business.
#pragma once

namespace steward::core {

/// How many of `wanted` (1 or more) sets of values are extremes, where `available` could be had: two of three, so that
/// what is typical shows beside them, and all where only one or two are wanted.
[[nodiscard]] int ExtremesAmong(int wanted, int available);

/// The median of `count` (1 or more) numbers, which are reordered.
[[nodiscard]] double Median(double* numbers, int count);

/// How many times more rows the most common value has than one that is not common; 1 where nothing is known. `common`
/// and `rare` are shares of rows.
[[nodiscard]] double Skew(double common, double rare);

/// Where the bounds of a range lie in a column's distribution (0..1), so that it selects nearly all or hardly any rows.
struct RangeEnds {
  double lower;
  double upper;
  double share;  // of rows between them
};
[[nodiscard]] RangeEnds EndsOfRange(bool wide, bool has_lower, bool has_upper);

}  // namespace steward::core
