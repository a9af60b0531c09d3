// See service_time.hpp.
#include "advise/pool/service_time.hpp"

#include <algorithm>
#include <numbers>

namespace steward::advise::pool {

namespace {

constexpr double kLeastCv = 0.05;
constexpr double kPartCv2 = 0.25;    // of each kind in a mixture
constexpr double kMostCv2 = 10000;  // beyond, no simulation of any length is long enough

double Lognormal(double mean, double cv2, Random& random) {
  const double variance = std::log1p(cv2);
  return mean * std::exp(std::sqrt(variance) * random.Normal() - variance / 2);
}

}  // namespace

double Random::Normal() {
  const double radius = std::sqrt(2 * Exponential());
  return radius * std::cos(2 * std::numbers::pi * Uniform());
}

ServiceTime ServiceTime::Exponential() {
  ServiceTime time;
  time.kind_ = Kind::kExponential;
  time.cv2_ = 1;
  return time;
}

ServiceTime ServiceTime::Measured(double mean, double stddev, double median) {
  ServiceTime time;
  if (mean <= 0 || stddev <= kLeastCv * mean) return time;
  time.cv2_ = std::min(kMostCv2, stddev * stddev / (mean * mean));
  time.kind_ = Kind::kLognormal;
  const double wanted = (1 + time.cv2_) / (1 + kPartCv2);  // second moment of the two means
  if (time.cv2_ <= 1 || wanted <= 1) return time;
  constexpr double kUnknownMedian = 0.5;
  const double ratio = median > 0 ? median / mean * std::sqrt(1 + kPartCv2) : kUnknownMedian;
  time.kind_ = Kind::kMixture;
  time.fast_mean_ = std::clamp(ratio, 1e-6, 0.9);
  const auto slow_mean = [&](double share) { return (1 - (1 - share) * time.fast_mean_) / share; };
  double low = 1e-9;
  double high = 1;
  constexpr int kHalvings = 60;
  for (int i = 0; i < kHalvings; ++i) {
    const double share = std::sqrt(low * high);
    const double slow = slow_mean(share);
    const double moment = (1 - share) * time.fast_mean_ * time.fast_mean_ + share * slow * slow;
    (moment > wanted ? low : high) = share;
  }
  time.slow_share_ = high;
  time.slow_mean_ = slow_mean(high);
  return time;
}

double ServiceTime::Draw(Random& random) const {
  switch (kind_) {
    case Kind::kExponential:
      return random.Exponential();
    case Kind::kLognormal:
      return Lognormal(1, cv2_, random);
    case Kind::kMixture:
      return Lognormal(random.Uniform() < slow_share_ ? slow_mean_ : fast_mean_, kPartCv2, random);
    default:
      return 1;
  }
}

}  // namespace steward::advise::pool
