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
constexpr double kWorthTrying = kSecond / 10;
constexpr double kWalPerSecond = 100e6;  // bytes: what writing, sending and replaying them costs
constexpr Micros kShortLockWait = kSecond / 10;
constexpr Micros kConcurrentLockWait = 5 * kSecond;

double Spread(const Learned& learned) {
  return std::max(kDeviations * learned.deviation, kLeastSpread * learned.mean);
}

double Price(const MethodCost& cost) {
  return cost.duration.mean + cost.wal.mean / kWalPerSecond * kSecond;
}

bool PlainIsCheaper(const MethodQuestion& question) {
  const MethodCost& concurrently = question.concurrently;
  if (question.plain.duration.runs > 0 && concurrently.duration.runs > 0)
    return Price(question.plain) < Price(concurrently);
  return concurrently.duration.runs >= kRunsRemembered && concurrently.duration.mean >= kWorthTrying;
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

double ReadersWaiting(const MethodQuestion& question) {
  // Before the first plain run the other's duration stands in.
  const MethodCost& known = question.plain.duration.runs > 0 ? question.plain : question.concurrently;
  return question.reads_per_second * static_cast<double>(PredictDuration(known, kSecond)) / kSecond;
}

RefreshMethod ChooseMethod(const MethodQuestion& question) {
  if (!question.dirty) return RefreshMethod::kSkip;
  if (!question.populated || !question.can_concurrently) return RefreshMethod::kPlain;
  if (question.plain_lock_timeouts >= kLockTimeoutsToEscalate) return RefreshMethod::kConcurrently;
  const bool harmless = std::max(ReadersWaiting(question), question.readers_waited) < kHarmlessWaits;
  return harmless && !question.has_dependents && PlainIsCheaper(question) ? RefreshMethod::kPlain
                                                                          : RefreshMethod::kConcurrently;
}

Micros LockWait(RefreshMethod method, Micros allowed, Micros latest_start, int lock_timeouts, Micros now) {
  if (method != RefreshMethod::kPlain) return kConcurrentLockWait;
  const bool last_tries = lock_timeouts >= kLockTimeoutsToEscalate || (latest_start != kNever && now >= latest_start - allowed);
  return last_tries ? allowed : std::min(allowed, kShortLockWait);
}

}  // namespace steward::core
