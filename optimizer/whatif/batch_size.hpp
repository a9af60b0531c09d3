// How much to ask for in one round trip, so that it holds its locks for about a second however long an item takes.
#pragma once

#include <algorithm>
#include <cstddef>

namespace steward::whatif {

class BatchSize {
 public:
  /// Items that the next round trip should have: few at first, then as many as a second was enough for.
  [[nodiscard]] std::size_t Next() const { return next_; }

  /// The last round trip had `items` items. Grows by at most the double at a time, shrinks at once.
  void Took(std::size_t items, double seconds) {
    const double fitting = static_cast<double>(items) / std::max(seconds, 1e-6) * kSeconds;
    next_ = static_cast<std::size_t>(std::clamp(fitting, 1.0, static_cast<double>(std::min(2 * next_, kMost))));
  }

 private:
  static constexpr double kSeconds = 1;
  static constexpr std::size_t kMost = 4096;
  std::size_t next_ = 32;
};

}  // namespace steward::whatif
