// Properties of the planner, driven through simulated workers over random graphs, writes, failures and clocks: order,
// promises kept on feasible loads, no busy loop, nothing for nothing, and in the end every view equals its query.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "core/refresh_plan.hpp"

namespace steward::core {
namespace {

constexpr Micros kStart = 700'000'000 * kSecond;
constexpr int kRoots = 3;

struct Case {
  std::vector<ViewSources> sources;
  std::vector<char> coarse;  // its result changes with every other write only
  std::vector<ViewState> states;
  std::vector<Micros> duration;
  Micros length = 0;   // writes stop then
  double writes = 0;   // a second, for each root
  double failing = 0;  // share of runs that fail
  bool clock_steps = false;
  int workers = 1;
};

struct Run {
  RefreshJob job;
  Micros finish;
  bool fails;
  std::vector<std::size_t> versions;  // of the roots, in its snapshot
  Micros snapshot;
};

// Data of a view: by root and by how often it was coarsened on the way, the version that is shown.
using Data = std::map<std::pair<int, int>, std::size_t>;

class Simulation {
 public:
  Simulation(Case parameters, unsigned seed)
      : case_(std::move(parameters)),
        rng_(seed),
        graph_(BuildGraph(case_.sources)),
        data_(case_.sources.size()),
        base_(case_.sources.size(), std::vector<std::size_t>(kRoots, 0)),
        failures_(case_.sources.size(), 0) {
    for (int v : graph_.order) data_[Index(v)] = Evaluate(v, data_, std::vector<std::size_t>(kRoots, 0));
  }

  void Go() {
    for (int r = 0; r < kRoots; r++) next_write_[r] = now_ + Gap();
    const Micros end = kStart + case_.length;
    Micros longest = kSecond;
    for (const auto& state : case_.states) {
      longest = std::max(longest, state.mode == RefreshMode::kMaxStaleness ? state.max_staleness : 0);
      if (state.mode == RefreshMode::kEvery) longest = std::max(longest, state.period);
    }
    const Micros quiet = end + 4 * longest + 30 * kSecond;
    while (now_ < quiet + 4 * longest && steps_++ < 100'000) {
      if (now_ >= quiet) runs_before_quiet_ = std::min(runs_before_quiet_, runs_);
      Sweep();
      const Micros next = PlanAndBegin();
      Advance(next, end);
    }
    EXPECT_LT(steps_, 100'000) << "busy loop";
    EXPECT_LE(idle_plans_, 40 * (runs_ + ends_) + 200 + 20 * static_cast<int>((now_ - kStart) / kSecond));
    for (const auto& state : case_.states) EXPECT_FALSE(state.running);
    ExpectEqualToQueries();
  }

  int runs() const { return runs_; }
  int runs_in_quiet() const { return runs_ - std::min(runs_, runs_before_quiet_); }
  Micros worst_excess() const { return worst_excess_; }
  int unchanged() const { return unchanged_; }

 private:
  static std::size_t Index(int i) { return static_cast<std::size_t>(i); }

  Micros Gap() {
    return 1 + static_cast<Micros>(-std::log((static_cast<double>(rng_()) + 1) / 4294967297.0) / case_.writes * 1e6);
  }

  Micros Wall() const { return now_ + offset_; }

  Data Evaluate(int v, const std::vector<Data>& data, const std::vector<std::size_t>& roots) const {
    Data result;
    for (std::uint32_t r : case_.sources[Index(v)].roots) result[{static_cast<int>(r), 0}] = roots[r];
    for (int p : graph_.parents[Index(v)]) {
      for (const auto& [key, version] : data[Index(p)]) {
        const auto [known, is_new] = result.try_emplace(key, version);
        EXPECT_EQ(known->second, version) << "view " << v << " mixes states of root " << key.first;
      }
    }
    if (!case_.coarse[Index(v)]) return result;
    Data halved;
    for (const auto& [key, version] : result) halved[{key.first, key.second + 1}] = version / 2;
    return halved;
  }

  // The roots' versions that everything written so far makes.
  std::vector<std::size_t> Roots() const {
    std::vector<std::size_t> versions;
    for (const auto& writes : writes_) versions.push_back(writes.size());
    return versions;
  }

  Micros FirstDirectAfter(int v, const std::vector<std::size_t>& versions) const {
    Micros first = kNever;
    for (std::uint32_t r : case_.sources[Index(v)].roots) {
      if (versions[r] < stamps_[r].size()) first = std::min(first, stamps_[r][versions[r]]);
    }
    return first;
  }

  void Sweep() {
    for (int v : graph_.order) case_.states[Index(v)].direct_since = FirstDirectAfter(v, base_[Index(v)]);
  }

  // Begins what the plan says until nothing can begin; returns when to look again.
  Micros PlanAndBegin() {
    for (;;) {
      if (Wall() < last_) FollowClock(last_, Wall(), &case_.states);
      last_ = Wall();
      const int free = case_.workers - static_cast<int>(running_.size());
      const double busy = static_cast<double>(rng_() % 3) / 2;
      const RefreshPlan plan = PlanRefreshes(graph_, case_.states, {case_.workers, free, busy}, Wall());
      EXPECT_GT(plan.next_look, Wall());
      EXPECT_GT(plan.next_sweep, Wall());
      for (int v : plan.unchanged) {
        auto& state = case_.states[Index(v)];
        EXPECT_EQ(DirtyNow(state, Wall()), kNever);
        state.due = NextDue(state.due, state.period, Wall());
        unchanged_++;
      }
      if (plan.start >= 0) {
        Begin(plan.due[Index(plan.start)]);
      } else if (plan.unchanged.empty()) {
        idle_plans_++;
        const Micros wall = std::min(plan.next_look, plan.next_sweep);
        return wall == kNever ? kNever : wall - offset_;
      }
    }
  }

  void Begin(const RefreshJob& job) {
    Run run{job, now_, static_cast<double>(rng_() % 1000) < case_.failing * 1000, Roots(), Wall()};
    for (int v : job.views) {
      EXPECT_FALSE(case_.states[Index(v)].running);
      ExpectNoOlderChangeAbove(v, job);
      run.finish += case_.duration[Index(v)];
      case_.states[Index(v)].running = true;
    }
    runs_++;
    running_.push_back(run);
  }

  // A parent that could have been refreshed has no change as old as those that the view's job is for.
  void ExpectNoOlderChangeAbove(int v, const RefreshJob& job) const {
    for (int p : graph_.parents[Index(v)]) {
      const ViewState& parent = case_.states[Index(p)];
      if (std::find(job.views.begin(), job.views.end(), p) != job.views.end()) continue;
      bool held = false;
      for (int m : graph_.groups[Index(graph_.group_of[Index(p)])])
        held = held || case_.states[Index(m)].retry_at > Wall();
      if (held || case_.states[Index(v)].mode == RefreshMode::kEvery) continue;
      const Micros since = DirtyNow(parent, Wall());
      Micros own = -1;
      for (int m : job.views) {
        const Micros dirty = DirtyNow(case_.states[Index(m)], Wall());
        if (dirty != kNever) own = std::max(own, dirty);
      }
      EXPECT_TRUE(since == kNever || since > own) << "view " << v << " before its parent " << p;
    }
  }

  void End(const Run& run) {
    ends_++;
    for (int v : run.job.views) case_.states[Index(v)].running = false;
    if (run.fails) {
      for (int v : run.job.views) {
        const int failures = ++failures_[Index(v)];
        const double randomness = static_cast<double>(rng_() % 1000) / 1000;
        case_.states[Index(v)].retry_at =
            RetryRefreshAt({failures, rng_() % 2 == 0, kSecond, kMinute, run.job.deadline, randomness}, Wall());
      }
      return;
    }
    for (int v : run.job.views) {
      failures_[Index(v)] = 0;
      auto& state = case_.states[Index(v)];
      NoteLateness(v);
      if (DirtyNow(state, Wall()) != kNever) {
        const Data made = Evaluate(v, data_, run.versions);
        const bool changed = made != data_[Index(v)];
        data_[Index(v)] = made;
        base_[Index(v)] = run.versions;
        ApplyRefresh(graph_, v, {run.snapshot, changed, FirstDirectAfter(v, run.versions)}, &case_.states);
      }
      if (state.mode == RefreshMode::kEvery && state.due <= run.snapshot) {
        state.due = NextDue(state.due, state.period, run.snapshot);
      }
    }
  }

  // How much staler than promised a view is at most: what it shows of each root must be of an instant no longer ago.
  void NoteLateness(int v) {
    const auto& state = case_.states[Index(v)];
    if (state.mode != RefreshMode::kMaxStaleness) return;
    for (const auto& [key, version] : data_[Index(v)]) {
      // The first write that would show differently.
      const std::size_t first = ((version + 1) << key.second) - 1;
      const auto& writes = writes_[Index(key.first)];
      if (first < writes.size()) worst_excess_ = std::max(worst_excess_, now_ - writes[first] - state.max_staleness);
    }
  }

  void Advance(Micros next, Micros end) {
    Micros until = next;
    for (const Run& run : running_) until = std::min(until, run.finish);
    if (until == kNever) until = now_ + kMinute;  // nothing is known that could happen: nobody wakes anybody
    for (int r = 0; r < kRoots; r++) {
      for (Micros& at = next_write_[r]; at <= until && at < end; at += Gap()) {
        writes_[Index(r)].push_back(at);
        stamps_[Index(r)].push_back(at + offset_);
      }
    }
    now_ = std::max(until, now_);
    for (std::size_t i = 0; i < running_.size();) {
      if (running_[i].finish > now_) {
        i++;
        continue;
      }
      const Run run = running_[i];
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
      End(run);
    }
    if (case_.clock_steps && rng_() % 40 == 0)
      StepClock(-static_cast<Micros>(rng_() % static_cast<unsigned>(10 * kSecond)));
  }

  void StepClock(Micros step) {
    offset_ += step;
    for (auto& stamps : stamps_) {
      for (Micros& stamp : stamps) stamp += step;
    }
    for (Run& run : running_) run.snapshot += step;
  }

  void ExpectEqualToQueries() {
    std::vector<Data> truth(data_.size());
    for (int v : graph_.order) {
      truth[Index(v)] = Evaluate(v, truth, Roots());
      EXPECT_EQ(data_[Index(v)], truth[Index(v)]) << "view " << v;
    }
  }

  Case case_;
  std::mt19937 rng_;
  RefreshGraph graph_;
  std::vector<Data> data_;
  std::vector<std::vector<std::size_t>> base_;  // versions of the roots that a view's data is made of
  std::vector<int> failures_;
  std::vector<std::vector<Micros>> writes_ = std::vector<std::vector<Micros>>(kRoots);
  std::vector<std::vector<Micros>> stamps_ = std::vector<std::vector<Micros>>(kRoots);  // the same by the clock
  Micros next_write_[kRoots] = {};
  std::vector<Run> running_;
  Micros now_ = kStart;
  Micros offset_ = 0;
  Micros last_ = kStart;
  int steps_ = 0;
  int runs_ = 0;
  int ends_ = 0;
  int idle_plans_ = 0;
  int unchanged_ = 0;
  int runs_before_quiet_ = INT32_MAX;
  Micros worst_excess_ = INT64_MIN;
};

// Random views whose promises leave four times the time that all refreshes together take.
Case Feasible(std::mt19937* rng, bool grids) {
  const auto below = [rng](std::size_t n) { return static_cast<std::size_t>((*rng)() % n); };
  Case result;
  const std::size_t count = 1 + below(8);
  Micros total = 0;
  for (std::size_t v = 0; v < count; v++) {
    ViewSources sources;
    for (std::size_t p = 0; p < v; p++) {
      if (below(4) == 0) sources.parents.push_back(static_cast<int>(p));
    }
    if (sources.parents.empty() || below(3) == 0) sources.roots.push_back(static_cast<std::uint32_t>(below(kRoots)));
    result.sources.push_back(sources);
    result.coarse.push_back(below(3) == 0);
    result.duration.push_back(10'000 + static_cast<Micros>(below(300'000)));
    total += result.duration.back() * 12 / 10;
  }
  for (std::size_t v = 0; v < count; v++) {
    ViewState state;
    state.cost = result.duration[v] + static_cast<Micros>(below(static_cast<std::size_t>(result.duration[v] / 5)));
    state.max_staleness = 5 * total + kSecond + static_cast<Micros>(below(30)) * kSecond;
    if (grids && below(3) == 0) {
      state.mode = RefreshMode::kEvery;
      state.due = kStart + static_cast<Micros>(below(20)) * kSecond;
      state.period = 5 * total + static_cast<Micros>(1 + below(30)) * kSecond;
    }
    result.states.push_back(state);
  }
  // Those that nobody reads keep a promise of their own.
  for (std::size_t v = 0; v < count; v++) {
    bool read = false;
    for (const auto& sources : result.sources) {
      read = read ||
             std::find(sources.parents.begin(), sources.parents.end(), static_cast<int>(v)) != sources.parents.end();
    }
    if (read && below(3) == 0) result.states[v].mode = RefreshMode::kDownstream;
  }
  result.length = 60 * kSecond;
  result.writes = below(2) == 0 ? 20.0 : 0.1;
  return result;
}

TEST(Simulation, KeepsEveryPromiseOnFeasibleLoads) {
  std::mt19937 rng(11);
  int runs = 0;
  for (unsigned round = 0; round < 100; round++) {
    SCOPED_TRACE(round);
    Case feasible = Feasible(&rng, false);
    feasible.workers = 1 + static_cast<int>(rng() % 2);
    Simulation simulation(feasible, round);
    simulation.Go();
    EXPECT_LE(simulation.worst_excess(), 0);
    EXPECT_EQ(simulation.runs_in_quiet(), 0);
    runs += simulation.runs();
  }
  EXPECT_GT(runs, 1000);
}

TEST(Simulation, EndsEqualWithGrids) {
  std::mt19937 rng(12);
  int unchanged = 0;
  for (unsigned round = 0; round < 60; round++) {
    SCOPED_TRACE(round);
    Simulation simulation(Feasible(&rng, true), round);
    simulation.Go();
    EXPECT_EQ(simulation.runs_in_quiet(), 0);
    unchanged += simulation.unchanged();
  }
  EXPECT_GT(unchanged, 100);
}

TEST(Simulation, EndsEqualAfterFailures) {
  std::mt19937 rng(13);
  for (unsigned round = 0; round < 60; round++) {
    SCOPED_TRACE(round);
    Case failing = Feasible(&rng, round % 2 == 0);
    failing.failing = 0.3;
    failing.workers = 1 + static_cast<int>(rng() % 3);
    Simulation simulation(failing, round);
    simulation.Go();
  }
}

TEST(Simulation, EndsEqualWithAClockThatIsSetBack) {  // W17
  std::mt19937 rng(14);
  for (unsigned round = 0; round < 60; round++) {
    SCOPED_TRACE(round);
    Case stepping = Feasible(&rng, round % 2 == 0);
    stepping.clock_steps = true;
    Simulation simulation(stepping, round);
    simulation.Go();
    EXPECT_EQ(simulation.runs_in_quiet(), 0);
  }
}

TEST(Simulation, StarvesNothingUnderOverload) {
  // Everything is due all the time: promises are too short by far. Everything is refreshed, and ends equal.
  std::mt19937 rng(15);
  for (unsigned round = 0; round < 40; round++) {
    SCOPED_TRACE(round);
    Case overload = Feasible(&rng, false);
    overload.writes = 20;
    for (auto& state : overload.states) state.max_staleness = kSecond;
    Simulation simulation(overload, round);
    simulation.Go();
    EXPECT_LT(simulation.worst_excess(), 20 * kSecond);
  }
}

}  // namespace
}  // namespace steward::core
