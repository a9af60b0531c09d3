// The driver's random numbers: the same sequence from the same seed on every machine, which <random>'s distributions do
// not promise.
#pragma once

#include <cmath>
#include <cstdint>

namespace steward::load {

/// SplitMix64 (Steele, Lea and Flood, 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  /// In [0, 1).
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  double Exponential(double mean) { return -mean * std::log1p(-Uniform()); }
  /// An integer from `low` to `high`, both included.
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
    const std::uint64_t drawn = span == 0 ? Next() : Next() % span;
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + drawn);
  }

 private:
  std::uint64_t state_;
};

}  // namespace steward::load
