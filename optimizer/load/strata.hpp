// Random numbers whose shares hold in short runs: which script comes next is drawn with them, so that a probe of a few
// seconds has as many of a rare, slow kind as the mix says. Drawn one by one, 40 of them would be 34 as often as 46.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "load/random.hpp"

namespace steward::load {

/// Of each kBlock numbers, from the first on, one lies in each kBlock-th of [0, 1); their order is random.
class Strata {
 public:
  static constexpr std::size_t kBlock = 200;

  double Next(Random& random) {
    if (used_ == kBlock) Shuffle(random);
    return (static_cast<double>(order_[used_++]) + random.Uniform()) / static_cast<double>(kBlock);
  }

 private:
  void Shuffle(Random& random) {
    for (std::size_t i = 0; i < kBlock; ++i) order_[i] = i;
    for (std::size_t i = kBlock; i > 1; --i)
      std::swap(order_[i - 1], order_[static_cast<std::size_t>(random.Between(0, static_cast<std::int64_t>(i) - 1))]);
    used_ = 0;
  }

  std::array<std::size_t, kBlock> order_{};
  std::size_t used_ = kBlock;
};

}  // namespace steward::load
