// See next_look.hpp.
#include "refresh/next_look.hpp"

#include "refresh/calendar.hpp"

namespace steward::refresh {

namespace {

// Duration and WAL, each runs, mean and deviation, concurrently, then plain; last the readers that wait.
constexpr int kPlainCosts = 6;
constexpr int kReadersWaited = 12;
constexpr int kCosts = 15;

core::Learned Get(const double* values) {
  return {static_cast<int>(values[0]), values[1], values[2]};
}

void Put(const core::Learned& learned, double* values) {
  values[0] = learned.runs;
  values[1] = learned.mean;
  values[2] = learned.deviation;
}

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
  const double* values = &costs.values[method == Method::kPlain ? kPlainCosts : 0];
  cost.duration = Get(values);
  cost.wal = Get(values + 3);
  return cost;
}

core::Learned ReadersWaitedOf(const LearnedCosts& costs) {
  return costs.count == kCosts ? Get(&costs.values[kReadersWaited]) : core::Learned{};
}

core::MethodQuestion QuestionOf(const ScheduledView& view, bool has_dependents) {
  core::MethodQuestion question;
  question.has_dependents = has_dependents;
  question.readers_waited = ReadersWaitedOf(view.costs).mean;
  question.plain = CostOf(view.costs, Method::kPlain);
  question.concurrently = CostOf(view.costs, Method::kConcurrently);
  question.plain_lock_timeouts = view.lock_timeouts;
  return question;
}

LearnedCosts LearnCost(const ScheduledView& view, const RefreshOutcome& outcome, core::Micros duration) {
  core::MethodCost cost = CostOf(view.costs, outcome.method);
  core::Learn(static_cast<double>(duration), &cost.duration);
  core::Learn(static_cast<double>(outcome.wal_bytes), &cost.wal);
  LearnedCosts costs = view.costs;
  if (costs.count != kCosts) costs = {kCosts, {}};
  double* values = &costs.values[outcome.method == Method::kPlain ? kPlainCosts : 0];
  Put(cost.duration, values);
  Put(cost.wal, values + 3);
  core::Learned waited = ReadersWaitedOf(costs);
  core::Learn(outcome.readers_waited, &waited);
  Put(waited, &costs.values[kReadersWaited]);
  return costs;
}

core::Micros PredictedCost(const ScheduledView& view, bool has_dependents) {
  const core::MethodQuestion question = QuestionOf(view, has_dependents);
  const bool plain = view.method == Method::kPlain ||
                     (view.method == Method::kAuto && core::ChooseMethod(question) == core::RefreshMethod::kPlain);
  const core::MethodCost& next = plain ? question.plain : question.concurrently;
  const core::MethodCost& other = plain ? question.concurrently : question.plain;
  return core::PredictDuration(next.duration.runs > 0 ? next : other, core::kSecond);
}

}  // namespace steward::refresh
