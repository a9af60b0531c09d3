// See next_look.hpp.
#include "refresh/next_look.hpp"

#include "refresh/calendar.hpp"

namespace steward::refresh {

namespace {

constexpr int kCosts = 12;  // duration and WAL, each runs, mean and deviation; concurrently, then plain

}  // namespace

TimestampTz NextSlot(const ScheduledView& view, TimestampTz now) {
  switch (view.mode) {
    case Mode::kEvery:
      return view.slot > now ? view.slot : core::NextDue(view.slot, view.every, now);
    case Mode::kCron:
      return NextCron(view.cron, view.timezone, now);
    case Mode::kMaxStaleness:
    case Mode::kDownstream:
      break;
  }
  return now;
}

core::MethodCost CostOf(const LearnedCosts& costs, Method method) {
  core::MethodCost cost;
  if (costs.count != kCosts) return cost;
  const double* values = &costs.values[method == Method::kPlain ? kCosts / 2 : 0];
  cost.duration = {static_cast<int>(values[0]), values[1], values[2]};
  cost.wal = {static_cast<int>(values[3]), values[4], values[5]};
  return cost;
}

LearnedCosts LearnCost(const ScheduledView& view, const RefreshOutcome& outcome, core::Micros duration) {
  core::MethodCost cost = CostOf(view.costs, outcome.method);
  core::Learn(static_cast<double>(duration), &cost.duration);
  core::Learn(static_cast<double>(outcome.wal_bytes), &cost.wal);
  LearnedCosts costs = view.costs;
  if (costs.count != kCosts) costs = {kCosts, {}};
  double* values = &costs.values[outcome.method == Method::kPlain ? kCosts / 2 : 0];
  const core::Learned* learned[] = {&cost.duration, &cost.wal};
  for (const core::Learned* one : learned) {
    *values++ = one->runs;
    *values++ = one->mean;
    *values++ = one->deviation;
  }
  return costs;
}

core::Micros PredictedCost(const ScheduledView& view) {
  const core::MethodCost concurrently = CostOf(view.costs, Method::kConcurrently);
  const core::MethodCost plain = CostOf(view.costs, Method::kPlain);
  return core::PredictDuration(concurrently.duration.runs > 0 ? concurrently : plain, core::kSecond);
}

}  // namespace steward::refresh
