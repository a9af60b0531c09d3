// See refresh_plan.hpp.
#include "core/refresh_plan.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/refresh_order.hpp"

namespace steward::core {

namespace {

constexpr Micros kDispatch = 50'000;  // from being due to having begun
constexpr Micros kYieldShare = 8;     // of a promise
constexpr Micros kTogetherShare = 64;
constexpr int kSpellRounds = 30;

std::size_t Index(int i) {
  return static_cast<std::size_t>(i);
}

bool OnGrid(const ViewState& view) {
  return view.mode == RefreshMode::kEvery || view.mode == RefreshMode::kCron;
}

bool GridDue(const ViewState& view, Micros now) {
  return OnGrid(view) && view.due <= now;
}

// A group as one thing to do. What is paused is no part of it.
struct Unit {
  std::vector<int> views;
  Micros latest = -1;   // the latest DirtyNow of its views that are dirty
  Micros own = kNever;  // DirtyNow of the group
  Micros cost = 0;
  Micros promise = kNever;    // with what dependents need
  Micros period = kNever;     // the shortest of its grids
  Micros grid_due = -1;       // the latest instant of its grids that has come
  Micros grid_done = kNever;  // by when that is to be done
  Micros held_until = 0;      // > now: held
  Micros blackout_begin = kNever;
  Micros blackout_end = kNever;
  double weight = 0;
  bool only_grids = true;
  bool running = false;

  Micros begin = kNever;  // when it is to begin
  Micros deadline = kNever;
  Micros need = -1;           // promises below that are due need its changes before this,
  Micros grid_need = -1;      // grids below that are due before this,
  Micros grid_room = kNever;  // and by then
};

class Planner {
 public:
  Planner(const RefreshGraph& graph, const std::vector<ViewState>& views, const RefreshLoad& load, Micros now)
      : graph_(graph), views_(views), load_(load), now_(now), units_(graph.groups.size()) {}

  RefreshPlan Run() {
    for (std::size_t g = 0; g < units_.size(); g++) units_[g] = MakeUnit(graph_.groups[g]);
    SetPromises();
    for (std::size_t g = units_.size(); g-- > 0;) SetDemand(g);
    BeginTogether();
    BeginBeforeTheLastWorkerIsTaken();
    plan_.next_look = plan_.next_sweep = kNever;
    plan_.next.assign(views_.size(), kNever);
    CollectDue();
    CollectUnchanged();
    Choose();
    LookAhead();
    return std::move(plan_);
  }

 private:
  Unit MakeUnit(const std::vector<int>& members) const {
    Unit unit;
    for (int v : members) {
      const ViewState& view = views_[Index(v)];
      unit.running = unit.running || view.running;
      if (view.paused) continue;
      unit.views.push_back(v);
      const Micros own = DirtyNow(view, now_);
      unit.own = std::min(unit.own, own);
      if (own != kNever) unit.latest = std::max(unit.latest, own);
      unit.cost += std::max<Micros>(view.cost, 1);
      unit.weight += std::max(view.weight, 1e-9);
      if (view.mode == RefreshMode::kMaxStaleness) unit.promise = std::min(unit.promise, view.max_staleness);
      unit.held_until = std::max(unit.held_until, view.retry_at);
      if (view.blackout_begin <= now_ && now_ < view.blackout_end) {
        unit.held_until = std::max(unit.held_until, view.blackout_end);
      } else if (view.blackout_begin > now_ && view.blackout_begin < unit.blackout_begin) {
        unit.blackout_begin = view.blackout_begin;
        unit.blackout_end = view.blackout_end;
      }
      unit.only_grids = unit.only_grids && OnGrid(view);
      if (!OnGrid(view)) continue;
      unit.period = std::min(unit.period, std::max<Micros>(view.period, 1));
      if (!GridDue(view, now_)) continue;
      unit.grid_due = std::max(unit.grid_due, view.due);
      if (view.period < kNever - view.due) unit.grid_done = std::min(unit.grid_done, view.due + view.period);
    }
    return unit;
  }

  void SetPromises() {
    std::vector<Micros> own;
    std::vector<Micros> cost;
    for (const Unit& unit : units_) {
      own.push_back(unit.promise);
      cost.push_back(unit.cost);
    }
    const std::vector<Micros> promises = Promises(graph_, own, cost);
    for (std::size_t g = 0; g < units_.size(); g++) {
      units_[g].promise = promises[g];
      if (!units_[g].views.empty()) by_cost_.push_back(static_cast<int>(g));
    }
    std::sort(by_cost_.begin(), by_cost_.end(),
              [&](int a, int b) { return units_[Index(a)].cost < units_[Index(b)].cost; });
  }

  bool Held(const Unit& unit) const { return unit.views.empty() || unit.held_until > now_; }

  // The longest time in which the workers have no pause when every unit that costs less than `promise` asks at once and
  // again as often as it may. Larger ones are left out: nothing done earlier would help when one of those is running.
  Micros BusySpell(Micros promise) {
    const auto end =
        std::partition_point(by_cost_.begin(), by_cost_.end(), [&](int g) { return units_[Index(g)].cost < promise; });
    const auto count = end - by_cost_.begin();
    if (count == 0) return 0;
    const auto [known, is_new] = spells_.try_emplace(count, 0);
    if (!is_new) return known->second;
    const auto largest = static_cast<double>(units_[Index(*(end - 1))].cost);
    double spell = 2 * largest;
    for (int round = 0; round < kSpellRounds; round++) {
      double work = 0;
      for (auto g = by_cost_.begin(); g != end; ++g) {
        const Unit& unit = units_[Index(*g)];
        const Micros every = std::min(unit.promise == kNever ? kNever : unit.promise / 2, unit.period);
        const auto cost = static_cast<double>(unit.cost);
        work += every == kNever ? cost : cost * std::ceil(spell / std::max(static_cast<double>(every), cost));
      }
      const double next = largest + work / std::max(load_.workers, 1) + (load_.workers > 1 ? LongestChain() : 0);
      if (next <= spell) break;
      spell = std::min(next, static_cast<double>(kLongestPeriod));
    }
    return known->second = static_cast<Micros>(spell);
  }

  double LongestChain() const {
    std::vector<double> chain(units_.size());
    double longest = 0;
    for (std::size_t g = 0; g < units_.size(); g++) {
      for (int p : graph_.group_parents[g]) chain[g] = std::max(chain[g], chain[Index(p)]);
      chain[g] += static_cast<double>(units_[g].cost);
      longest = std::max(longest, chain[g]);
    }
    return longest;
  }

  // When the promise wants the unit to begin and to be done.
  void SetPromised(Unit* unit) {
    if (unit->promise == kNever || unit->own == kNever) return;
    unit->deadline = unit->own + unit->promise;
    if (unit->deadline > unit->blackout_begin && unit->deadline < unit->blackout_end) {
      unit->deadline = unit->blackout_begin;
    }
    const Micros room = std::max<Micros>(unit->promise, 0);
    const double idle = 1 - std::clamp(load_.busy, 0.0, 1.0);
    const auto sooner = static_cast<Micros>(static_cast<double>(room / kYieldShare) * idle);
    unit->begin = unit->deadline - std::max(BusySpell(room), unit->cost) - kDispatch - sooner;
    const Micros length = std::max<Micros>(unit->deadline - unit->own, 0);
    const Micros rest = std::clamp<Micros>(length - unit->cost - kDispatch, 0, length / 2);
    unit->begin = std::max(unit->begin, unit->own + rest);
  }

  // Dependents come first here, so `need` holds already what those that are due need.
  void SetDemand(std::size_t g) {
    Unit& unit = units_[g];
    if (Held(unit)) return;
    SetPromised(&unit);
    if (unit.grid_due >= 0 && unit.own != kNever) {
      unit.begin = std::min(unit.begin, now_);
      unit.deadline = std::min(unit.deadline, unit.grid_done);
    }
    if (unit.own < unit.grid_need) unit.deadline = std::min(unit.deadline, unit.grid_room);
    Ask(g);
  }

  // Whether it is due because of those below it.
  static bool Asked(const Unit& unit) { return unit.own < std::max(unit.need, unit.grid_need); }

  // Passes on to the parents of `g` what it needs of them.
  void Ask(std::size_t g) {
    Unit& unit = units_[g];
    if (Asked(unit)) unit.begin = std::min(unit.begin, now_);
    const Micros need = unit.begin <= now_ ? std::max(unit.need, unit.latest + 1) : unit.need;
    const Micros grid_need = std::max(unit.grid_need, unit.grid_due);
    const Micros grid_room = std::min(unit.grid_room, unit.grid_done);
    for (int p : graph_.group_parents[g]) {
      Unit& parent = units_[Index(p)];
      parent.need = std::max(parent.need, need);
      if (parent.only_grids && parent.grid_due < 0) continue;
      parent.grid_need = std::max(parent.grid_need, grid_need);
      if (grid_room != kNever) parent.grid_room = std::min(parent.grid_room, grid_room - unit.cost);
    }
  }

  // Each look costs as much as a small refresh.
  void BeginTogether() {
    if (std::none_of(units_.begin(), units_.end(), [&](const Unit& unit) { return IsDue(unit); })) return;
    for (std::size_t g = units_.size(); g-- > 0;) {
      Unit& unit = units_[g];
      if (Held(unit) || unit.own == kNever) continue;
      const bool soon = unit.promise != kNever && unit.begin != kNever && unit.begin - now_ <= unit.promise / kTogetherShare;
      if (soon) unit.begin = std::min(unit.begin, now_);
      Ask(g);
    }
  }

  // Nothing long begins on the last free worker when something known would then be too late.
  void BeginBeforeTheLastWorkerIsTaken() {
    if (load_.free > 1) return;
    Micros longest = 0;
    for (const Unit& unit : units_) {
      if (!Held(unit) && unit.begin <= now_) longest = std::max(longest, unit.cost);
    }
    if (longest == 0) return;
    for (std::size_t g = units_.size(); g-- > 0;) {
      Unit& unit = units_[g];
      if (Held(unit) || unit.own == kNever) continue;
      const bool urgent = unit.deadline != kNever && unit.deadline - unit.cost - kDispatch < now_ + longest;
      if (urgent) unit.begin = std::min(unit.begin, now_);
      Ask(g);
    }
  }

  bool IsDue(const Unit& unit) const { return !Held(unit) && unit.own != kNever && unit.begin <= now_; }

  // Changes of its ancestors up to here, exclusive, are what a due unit waits for.
  static Micros Needs(const Unit& unit) { return std::max(unit.latest + 1, unit.grid_due); }

  // The due (or with `running` the running) units above `g` that have changes it needs. Does not look past held ones.
  std::vector<int> NeededAbove(std::size_t g, bool running) const {
    std::vector<int> found;
    std::vector<int> open(graph_.group_parents[g]);
    std::vector<char> seen(units_.size(), 0);
    for (std::size_t next = 0; next < open.size(); next++) {
      const int p = open[next];
      const Unit& unit = units_[Index(p)];
      if (seen[Index(p)] || (Held(unit) && !unit.running)) continue;
      seen[Index(p)] = 1;
      if (unit.own < Needs(units_[g]) && (running ? unit.running : IsDue(unit))) found.push_back(p);
      open.insert(open.end(), graph_.group_parents[Index(p)].begin(), graph_.group_parents[Index(p)].end());
    }
    return found;
  }

  std::vector<int> DueViews(const Unit& unit) const {
    std::vector<int> due;
    for (int v : unit.views) {
      bool dirty = DirtyNow(views_[Index(v)], now_) != kNever;
      for (int p : graph_.parents[Index(v)]) dirty = dirty || std::find(due.begin(), due.end(), p) != due.end();
      if (dirty) due.push_back(v);
    }
    return due;
  }

  void CollectDue() {
    std::vector<WorkItem> items;
    std::vector<std::size_t> unit_of;
    std::vector<int> item_of(units_.size(), -1);
    for (std::size_t g = 0; g < units_.size(); g++) {
      const Unit& unit = units_[g];
      for (int v : unit.views) plan_.next[Index(v)] = NextOf(unit, views_[Index(v)]);
      if (!IsDue(unit) || unit.running) continue;
      const Micros promise = std::max<Micros>(std::min(unit.promise, unit.period), unit.cost);
      WorkItem item{unit.deadline, unit.cost, promise, unit.weight, {}};
      for (int p : NeededAbove(g, false)) {
        if (item_of[Index(p)] >= 0) item.before.push_back(item_of[Index(p)]);
      }
      item_of[g] = static_cast<int>(items.size());
      items.push_back(std::move(item));
      unit_of.push_back(g);
    }
    for (const OrderedItem& ordered : OrderWork(items, std::max(load_.free, 1), now_)) {
      const std::size_t g = unit_of[Index(ordered.item)];
      plan_.due.push_back({static_cast<int>(g), DueViews(units_[g]), units_[g].deadline, ordered.finish, ordered.late});
    }
  }

  Micros NextOf(const Unit& unit, const ViewState& view) const {
    Micros next = unit.own == kNever ? kNever : Held(unit) ? unit.held_until : unit.begin;
    if (OnGrid(view)) next = std::min(next, view.due);
    return next == kNever ? kNever : std::max({next, now_, unit.held_until});
  }

  // A view on a grid that is clean waits only for parents that may yet change it.
  void CollectUnchanged() {
    for (std::size_t g = 0; g < units_.size(); g++) {
      const Unit& unit = units_[g];
      if (unit.grid_due < 0 || Held(unit) || unit.running) continue;
      if (!NeededAbove(g, false).empty() || !NeededAbove(g, true).empty()) continue;
      const std::vector<int> due = DueViews(unit);
      for (int v : unit.views) {
        if (GridDue(views_[Index(v)], now_) && std::find(due.begin(), due.end(), v) == due.end()) {
          plan_.unchanged.push_back(v);
        }
      }
    }
  }

  bool ChildRuns(int group) const {
    for (int child : graph_.group_children[Index(group)]) {
      if (units_[Index(child)].running) return true;
    }
    return false;
  }

  void Choose() {
    if (load_.free < 1) return;
    for (std::size_t i = 0; i < plan_.due.size(); i++) {
      const int group = plan_.due[i].group;
      if (ChildRuns(group) || !NeededAbove(Index(group), true).empty()) continue;
      if (!NeededAbove(Index(group), false).empty()) continue;
      if (plan_.start < 0) plan_.start = static_cast<int>(i);
      else plan_.after.push_back(static_cast<int>(i));
    }
  }

  void LookAhead() {
    const auto look_at = [&](Micros at) {
      if (at > now_) plan_.next_look = std::min(plan_.next_look, at);
    };
    for (const Unit& unit : units_) {
      if (unit.views.empty()) continue;
      if (Held(unit)) {
        if (unit.own != kNever || unit.grid_due >= 0) look_at(unit.held_until);
      } else if (unit.own != kNever) {
        look_at(unit.begin);
      }
      for (int v : unit.views) {
        if (OnGrid(views_[Index(v)])) look_at(views_[Index(v)].due);
      }
    }
    SweepAhead();
  }

  void SweepAhead() {
    for (const Unit& unit : units_) {
      if (unit.views.empty() || unit.promise == kNever || unit.own != kNever) continue;
      const Micros room = std::max(unit.promise, kSecond);
      const Micros free = room - std::max(BusySpell(room), unit.cost) - kDispatch - room / kYieldShare;
      plan_.next_sweep = std::min(plan_.next_sweep, now_ + std::max(free, room / 4));
    }
  }

  const RefreshGraph& graph_;
  const std::vector<ViewState>& views_;
  RefreshLoad load_;
  Micros now_;
  std::vector<Unit> units_;
  std::vector<int> by_cost_;
  std::map<std::ptrdiff_t, Micros> spells_;
  RefreshPlan plan_;
};

}  // namespace

RefreshPlan PlanRefreshes(const RefreshGraph& graph, const std::vector<ViewState>& views, const RefreshLoad& load,
                          Micros now) {
  return Planner(graph, views, load, now).Run();
}

}  // namespace steward::core
