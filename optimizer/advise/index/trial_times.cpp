// See trial_times.hpp.
#include "advise/index/trial_times.hpp"

#include <algorithm>

namespace steward::advise {

namespace {

using model::Measurement;
using model::TrialSet;

// Rounds of what takes up to so many milliseconds: minima of five are steady to some percent, minutes are not spent for that.
int Rounds(double time) {
  if (time > 20000) return 1;
  return time > 5000 ? 2 : 5;
}

bool Within(const TrialSet& part, const TrialSet& whole) {
  return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

}  // namespace

TrialTimes::TrialTimes(model::Measurer& measurer, std::size_t statements, TrialSet all)
    : measurer_(measurer), all_(std::move(all)), states_(statements) {
  for (std::size_t s = 0; s < statements; ++s) {
    Measurement plan = measurer_.Plan(s, all_);
    states_[s].error = plan.error;
    if (plan.error.empty()) states_[s].plans[all_] = std::move(plan);
  }
}

const Measurement& TrialTimes::PlanOf(std::size_t statement, const TrialSet& kept) {
  State& state = states_[statement];
  const auto known = state.plans.find(kept);
  if (known != state.plans.end()) return known->second;
  // A plan stays when only indexes go that it does not use.
  for (const auto& [set, plan] : state.plans)
    if (Within(kept, set) && Within(plan.used, kept)) return state.plans[kept] = Measurement(plan);
  return state.plans[kept] = measurer_.Plan(statement, kept);
}

const TrialSet& TrialTimes::Used(std::size_t statement, const TrialSet& kept) {
  return PlanOf(statement, kept).used;
}

double TrialTimes::Cost(std::size_t statement, const TrialSet& kept) {
  return PlanOf(statement, kept).total_cost;
}

void TrialTimes::MeasureStatement(std::size_t statement, const std::vector<TrialSet>& plans) {
  State& state = states_[statement];
  const TrialSet none;
  std::map<TrialSet, Known> least;
  const auto run = [&](const TrialSet& used) {
    const Measurement measured = measurer_.Run(statement, used);
    if (!measured.error.empty()) {
      state.error = measured.error;
      return;
    }
    const auto [entry, fresh] = least.try_emplace(used, Known{measured.exec_time, measured.timed_out});
    if (!fresh && measured.exec_time < entry->second.time) entry->second = {measured.exec_time, measured.timed_out};
  };
  // A call that never ends would take its limit in each round: known once is enough.
  const auto base = state.times.find(none);
  if (base != state.times.end() && base->second.timed_out)
    least[none] = base->second;
  else
    run(none);
  if (!state.error.empty()) return;
  const bool endless = least[none].timed_out;
  const int rounds = Rounds(least[none].time);
  for (int round = 0; round < rounds && state.error.empty(); ++round) {
    if (round > 0 && !endless) run(none);
    for (std::size_t i = 0; i < plans.size() && state.error.empty(); ++i) {
      const TrialSet& plan = plans[round % 2 == 0 ? i : plans.size() - 1 - i];
      const auto known = least.find(plan);
      if (known == least.end() || !known->second.timed_out) run(plan);
    }
  }
  if (!state.error.empty()) return;
  state.times.try_emplace(none, least[none]);
  const double scale = least[none].time > 0 ? state.times[none].time / least[none].time : 1;
  for (const TrialSet& plan : plans) state.times[plan] = {least[plan].time * scale, least[plan].timed_out};
}

void TrialTimes::Measure(const Wanted& wanted, const std::function<void(double)>& progress) {
  std::map<std::size_t, std::vector<TrialSet>> open;
  for (const auto& [statement, kept] : wanted) {
    if (!states_[statement].error.empty()) continue;
    const TrialSet& used = Used(statement, kept);
    std::vector<TrialSet>& plans = open[statement];
    if (used.empty() || states_[statement].times.count(used) > 0) continue;
    if (std::find(plans.begin(), plans.end(), used) == plans.end()) plans.push_back(used);
  }
  std::size_t done = 0;
  for (const auto& [statement, plans] : open) {
    progress(static_cast<double>(done++) / static_cast<double>(open.size()));
    if (!plans.empty() || states_[statement].times.empty()) MeasureStatement(statement, plans);
  }
}

void TrialTimes::MeasureAgain(const Wanted& wanted, const std::function<void(double)>& progress) {
  for (const auto& [statement, kept] : wanted) {
    if (!states_[statement].error.empty()) continue;
    const TrialSet& used = Used(statement, kept);
    if (!used.empty()) states_[statement].times.erase(used);
  }
  Measure(wanted, progress);
}

void TrialTimes::Confirm(std::size_t statement, const TrialSet& kept) {
  State& state = states_[statement];
  const TrialSet used = Used(statement, kept);
  const Known before = state.times[used];
  MeasureStatement(statement, {used});
  if (before.time < state.times[used].time) state.times[used] = before;
}

double TrialTimes::Time(std::size_t statement, const TrialSet& kept) {
  return states_[statement].times[Used(statement, kept)].time;
}

bool TrialTimes::TimedOut(std::size_t statement, const TrialSet& kept) {
  return states_[statement].times[Used(statement, kept)].timed_out;
}

}  // namespace steward::advise
