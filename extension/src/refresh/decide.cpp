// See decide.hpp. C++-shaped but for what it is handed.
#include "refresh/decide.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "core/refresh_graph.hpp"
#include "core/refresh_plan.hpp"
#include "pg/guard.hpp"
#include "refresh/next_look.hpp"

extern "C" {
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

core::Micros OrNever(core::Micros instant) {
  return instant == 0 ? core::kNever : instant;
}

core::Micros OrZero(core::Micros instant) {
  return instant == core::kNever ? 0 : instant;
}

core::RefreshMode ModeOf(Mode mode) {
  switch (mode) {
    case Mode::kEvery:
      return core::RefreshMode::kEvery;
    case Mode::kCron:
      return core::RefreshMode::kCron;
    case Mode::kDownstream:
      return core::RefreshMode::kDownstream;
    case Mode::kMaxStaleness:
      break;
  }
  return core::RefreshMode::kMaxStaleness;
}

core::ViewState StateOf(const FreshView& view) {
  const ScheduledView& schedule = view.schedule;
  core::ViewState state;
  state.mode = ModeOf(schedule.mode);
  state.max_staleness = schedule.max_staleness;
  if (schedule.mode == Mode::kEvery || schedule.mode == Mode::kCron) {
    state.due = schedule.slot;
    state.period = view.period;
  }
  state.tracked = !view.sources.by_time;
  state.direct_since = OrNever(view.lacks.direct);
  state.inherited_since = OrNever(view.lacks.inherited);
  state.refreshed = OrNever(schedule.holds.reflects);
  state.cost = std::max<core::Micros>(PredictedCost(schedule, view.has_dependents), core::kSecond / 1000);
  state.weight = std::exp2(std::clamp(schedule.priority, -20, 20));
  if (schedule.failures > 0 || schedule.due > schedule.slot) state.retry_at = schedule.due;
  state.blackout_begin = view.blackout_begin;
  state.blackout_end = view.blackout_end;
  return state;
}

std::vector<core::ViewState> StatesOf(const Views& views) {
  std::vector<core::ViewState> states;
  for (int i = 0; i < views.count; i++) states.push_back(StateOf(views.all[i]));
  return states;
}

bool IsParent(const Views& views, const Sources& sources, Oid oid) {
  return std::any_of(sources.parents, sources.parents + sources.nparents,
                     [&](int parent) { return views.all[parent].schedule.relid == oid; });
}

core::RefreshGraph GraphOf(const Views& views) {
  std::vector<core::ViewSources> sources;
  for (int i = 0; i < views.count; i++) {
    const Sources& own = views.all[i].sources;
    std::vector<std::uint32_t> roots;
    for (int k = 0; k < own.nobjects; k++)
      if (!IsParent(views, own, own.objects[k])) roots.push_back(own.objects[k]);
    sources.push_back({{own.parents, own.parents + own.nparents}, std::move(roots)});
  }
  return core::BuildGraph(sources);
}

// How much of the machine is taken, by the system's load average.
double Busy() {
  double load = 0;
  if (getloadavg(&load, 1) != 1) return 0;
  return std::clamp(load / static_cast<double>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L)), 0.0, 1.0);
}

// Returns since when each view lacks a change of a root.
std::vector<core::Micros> Publish(const Views& views, const core::RefreshGraph& graph,
                                  const std::vector<core::ViewState>& states, core::Micros now) {
  const std::vector<core::Micros> since = core::DirtySince(graph, states, now);
  for (int i = 0; i < views.count; i++) {
    store::ViewLacks& lacks = views.all[i].lacks;
    lacks = {OrZero(states[i].direct_since), OrZero(states[i].inherited_since), OrZero(since[i])};
    store::SetViewLacks(views.all[i].schedule.relid, lacks);
  }
  return since;
}

// Of a view of which all is known: one that is new, or from before the start of the server, is late by itself.
bool CanForecast(const FreshView& view) {
  return view.schedule.max_staleness != core::kNever && view.schedule.holds.change != 0 &&
         view.schedule.alerts.late_since == core::kNever && view.schedule.costs.count > 0;
}

// When each view will be fresh as things stand.
std::vector<core::Micros> Forecast(const std::vector<core::ViewState>& states, const core::RefreshPlan& plan, core::Micros now) {
  std::vector<core::Micros> finish;
  for (std::size_t i = 0; i < states.size(); i++) finish.push_back((plan.next[i] == core::kNever ? now : plan.next[i]) + states[i].cost);
  for (const core::RefreshJob& job : plan.due)
    for (int view : job.views) finish[static_cast<std::size_t>(view)] = job.finish;
  return finish;
}

// A blackout that the promise ends in was asked for.
std::vector<int> NewlyLate(const Views& views, const std::vector<core::Micros>& since, const std::vector<core::Micros>& finish) {
  std::vector<int> late;
  for (int i = 0; i < views.count; i++) {
    const FreshView& view = views.all[i];
    if (since[i] == core::kNever || !CanForecast(view)) continue;
    const core::Micros deadline = since[i] + view.schedule.max_staleness;
    const bool excused = deadline >= view.blackout_begin && deadline < view.blackout_end;
    if (finish[i] > deadline && !excused) late.push_back(i);
  }
  return late;
}

int* Copy(const std::vector<int>& numbers) {
  auto* copy = pg::CallPg([&] { return static_cast<int*>(palloc(sizeof(int) * std::max<std::size_t>(numbers.size(), 1))); });
  std::copy(numbers.begin(), numbers.end(), copy);
  return copy;
}

void PutJobs(const core::RefreshPlan& plan, Decision* decision) {
  decision->jobs = pg::CallPg([&] {
    return static_cast<Decision::Job*>(palloc0(sizeof(Decision::Job) * (plan.after.size() + 1)));
  });
  if (plan.start < 0) return;
  std::vector<int> jobs{plan.start};
  jobs.insert(jobs.end(), plan.after.begin(), plan.after.end());
  for (int job : jobs) {
    const core::RefreshJob& due = plan.due[static_cast<std::size_t>(job)];
    decision->jobs[decision->njobs++] = {Copy(due.views), static_cast<int>(due.views.size()), due.deadline};
  }
}

}  // namespace

Decision Decide(const Views& views, core::Micros now) {
  return pg::Boundary([&] {
    const core::RefreshGraph graph = GraphOf(views);
    const std::vector<core::ViewState> states = StatesOf(views);
    const std::vector<core::Micros> since = Publish(views, graph, states, now);
    core::RefreshLoad load;
    load.busy = Busy();
    const core::RefreshPlan plan = core::PlanRefreshes(graph, states, load, now);
    Decision decision{};
    decision.unchanged = Copy(plan.unchanged);
    decision.nunchanged = static_cast<int>(plan.unchanged.size());
    PutJobs(plan, &decision);
    const std::vector<int> late = NewlyLate(views, since, Forecast(states, plan, now));
    decision.late = Copy(late);
    decision.nlate = static_cast<int>(late.size());
    decision.next_look = plan.next_look;
    decision.wake_after = plan.next_sweep == core::kNever ? core::kNever : plan.next_sweep - now;
    return decision;
  });
}

int* Needed(const Views& views, int view, const bool* lacking, const bool* mine, int* count) {
  return pg::Boundary([&] {
    const core::RefreshGraph graph = GraphOf(views);
    std::vector<char> lacks(static_cast<std::size_t>(views.count), lacking == nullptr ? 1 : 0);
    for (int i = 0; i < views.count; i++) {
      if (lacking != nullptr && lacking[i]) lacks[i] = 1;
      for (int parent : graph.parents[i]) lacks[i] |= lacks[parent];
    }
    std::vector<char> needed(lacks.size(), 0);
    std::vector<int> open{view};
    needed[view] = 1;
    for (std::size_t next = 0; next < open.size(); next++) {
      if (!mine[open[next]]) continue;
      std::vector<int> with = graph.parents[open[next]];
      const int group = graph.group_of[open[next]];
      if (group >= 0) with.insert(with.end(), graph.groups[group].begin(), graph.groups[group].end());
      for (int other : with) {
        if (needed[other] || !lacks[other]) continue;
        needed[other] = 1;
        open.push_back(other);
      }
    }
    std::sort(open.begin(), open.end());
    *count = static_cast<int>(open.size());
    return Copy(open);
  });
}

void MoveWithClock(const Views& views, core::Micros last, core::Micros now) {
  pg::Boundary([&] {
    for (int i = 0; i < views.count; i++) views.all[i].lacks = store::GetViewLacks(views.all[i].schedule.relid);
    std::vector<core::ViewState> states = StatesOf(views);
    core::FollowClock(last, now, &states);
    for (int i = 0; i < views.count; i++) {
      FreshView& view = views.all[i];
      const core::Micros any = view.lacks.any == 0 ? 0 : std::min(view.lacks.any - (last - now), now);
      view.lacks = {OrZero(states[i].direct_since), OrZero(states[i].inherited_since), any};
      store::SetViewLacks(view.schedule.relid, view.lacks);
      view.schedule.holds.reflects = OrZero(states[i].refreshed);
      view.schedule.due = states[i].retry_at;
    }
  });
}

void NoteRefreshed(const Views& views, int view, const Holds& holds, bool changed) {
  pg::Boundary([&] {
    const core::Micros now = GetCurrentTimestamp();
    const core::RefreshGraph graph = GraphOf(views);
    std::vector<core::ViewState> states = StatesOf(views);
    FreshView& refreshed = views.all[view];
    refreshed.schedule.holds = holds;
    const core::RefreshDone done{holds.reflects, changed, OrNever(MissedBy(refreshed, holds, now))};
    core::ApplyRefresh(graph, view, done, &states);
    Publish(views, graph, states, now);
  });
}

}  // namespace steward::refresh
