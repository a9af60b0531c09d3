// Random numbers that are the same everywhere, and service times with a measured mean, deviation and median.
#pragma once

#include <cmath>
#include <cstdint>

namespace steward::advise::pool {

/// SplitMix64 (Steele, Lea, Flood 2014): the same sequence on every machine and library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// Uniform in (0, 1).
  double Uniform() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    return (static_cast<double>(z >> 11) + 0.5) * 0x1.0p-53;
  }
  /// Exponential with mean 1.
  double Exponential() { return -std::log(Uniform()); }
  /// Standard normal.
  double Normal();

 private:
  std::uint64_t state_;
};

/// Of how large a transaction is beside the mean of its class: mean 1.
class ServiceTime {
 public:
  /// Always the mean.
  ServiceTime() = default;

  static ServiceTime Exponential();
  /// Lognormal up to a coefficient of variation of 1; above, two lognormals, a fast and a slow kind, whose mixture has the
  /// measured mean, deviation and, by the fast kind, median.
  static ServiceTime Measured(double mean, double stddev, double median);

  double Draw(Random& random) const;
  double cv2() const { return cv2_; }

 private:
  enum class Kind { kConstant, kExponential, kLognormal, kMixture };

  Kind kind_ = Kind::kConstant;
  double cv2_ = 0;
  double slow_share_ = 0;
  double fast_mean_ = 1;
  double slow_mean_ = 1;
};

}  // namespace steward::advise::pool
