// See refresh_cost.hpp.
#include "core/refresh_cost.hpp"

#include <algorithm>
#include <cmath>

namespace steward::core {

namespace {

constexpr int kRunsRemembered = 5;
constexpr double kDeviations = 3;
constexpr double kLeastSpread = 0.1;  // of the mean: below that nothing is noteworthy
constexpr double kHarmlessWaits = 0.1;
constexpr int kLockTimeoutsToEscalate = 3;

double Spread(const Learned& learned) {
  return std::max(kDeviations * learned.deviation, kLeastSpread * learned.mean);
}

bool IsSlower(const MethodCost& cost, const MethodCost& other) {
  return cost.duration.runs > 0 && other.duration.runs > 0 && cost.duration.mean > other.duration.mean;
}

}  // namespace

void Learn(double value, Learned* learned) {
  if (!std::isfinite(value) || value < 0) return;
  learned->runs = std::min(learned->runs, kRunsRemembered - 1) + 1;
  const double weight = 1.0 / learned->runs;
  // Nothing is known of the deviation before the second run, so the second one sets it.
  if (learned->runs > 1) {
    const double share = learned->runs == 2 ? 1.0 : weight;
    learned->deviation += share * (std::abs(value - learned->mean) - learned->deviation);
  }
  learned->mean += weight * (value - learned->mean);
}

bool HasDrifted(double value, const Learned& learned) {
  return learned.runs >= kRunsRemembered && std::abs(value - learned.mean) > Spread(learned);
}

Micros PredictDuration(const MethodCost& cost, Micros unknown) {
  if (cost.duration.runs == 0) return unknown;
  const double predicted = cost.duration.mean + Spread(cost.duration);
  return predicted >= static_cast<double>(kLongestPeriod) ? kLongestPeriod
                                                          : std::max<Micros>(std::llround(predicted), 1);
}

RefreshMethod ChooseMethod(const MethodQuestion& question) {
  if (!question.dirty) return RefreshMethod::kSkip;
  if (!question.populated || !question.can_concurrently) return RefreshMethod::kPlain;
  // Before the first plain run the other's duration stands in.
  const MethodCost& known = question.plain.duration.runs > 0 ? question.plain : question.concurrently;
  const double waits = question.reads_per_second * static_cast<double>(PredictDuration(known, kSecond)) / kSecond;
  const bool harmless = waits < kHarmlessWaits && !IsSlower(question.plain, question.concurrently);
  const bool plain_blocked = question.plain_lock_timeouts >= kLockTimeoutsToEscalate;
  const bool concurrently_blocked = question.concurrently_lock_timeouts >= kLockTimeoutsToEscalate;
  if (plain_blocked && concurrently_blocked) {
    return question.plain_lock_timeouts < question.concurrently_lock_timeouts ? RefreshMethod::kPlain
                                                                              : RefreshMethod::kConcurrently;
  }
  if (plain_blocked) return RefreshMethod::kConcurrently;
  return harmless || concurrently_blocked ? RefreshMethod::kPlain : RefreshMethod::kConcurrently;
}

}  // namespace steward::core
