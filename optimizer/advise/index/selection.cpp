// See selection.hpp.
#include "advise/index/selection.hpp"

#include <algorithm>

#include "advise/index/search_space.hpp"

namespace steward::advise {

namespace {

using model::Configuration;

constexpr std::size_t kBatch = 16;      // candidates evaluated in one round trip
constexpr std::size_t kShortlist = 60;  // candidates that swaps consider
constexpr double kExchange = 0.2;       // of what a further index must gain: enough to replace one by another
constexpr std::size_t kAllAtOnce = 60;  // most candidates present in one planning (OR clauses explode beyond)

// What a covering index must save on a statement beyond its plain form. Some heap fetches a call, mostly from cache,
// are no reason to keep columns twice and to lose HOT updates of them. Measured against the plain form only, so that
// the answer is the same before and after that one is built.
constexpr double kCoveringUnits = 100;  // planner units a call: 25 random pages at the default cost
constexpr double kCoveringSaves = 0.3;  // of the statement's cost with the plain form

Configuration Without(Configuration set, std::size_t candidate) {
  set.erase(std::remove(set.begin(), set.end(), candidate), set.end());
  return set;
}

bool Contains(const Configuration& set, std::size_t candidate) {
  return std::binary_search(set.begin(), set.end(), candidate);
}

class Search {
 public:
  explicit Search(const SelectionInput& input) : space_(input) {}

  // Shares of the planner calls, in order of use; what one phase leaves goes to the next.
  Configuration Run() {
    space_.AllowShare(0.5);
    space_.CostSingles();
    space_.AllowShare(0.6);
    Configuration reduced = UsedWhenAllPresent();
    space_.AllowShare(0.75);
    const Configuration greedy = Fill({});
    space_.AllowShare(0.85);
    reduced = Reduce(reduced);
    Configuration best = space_.Objective(reduced) < space_.Objective(greedy) ? reduced : greedy;
    space_.AllowShare(0.95);
    best = Climb(best);
    space_.AllowShare(1);
    best = Plain(best);
    space_.Report("refining", 1);
    return best;
  }

 private:
  // Adds to `set` while an addition gains enough.
  Configuration Fill(Configuration set) {
    std::vector<double> gain(space_.Candidates());  // an upper estimate: gains rarely grow with the set
    std::vector<bool> fresh(gain.size(), set.empty());
    for (std::size_t c = 0; c < gain.size(); c++) gain[c] = space_.Single(c);
    while (true) {
      const std::size_t chosen = BestAddition(set, gain, fresh);
      if (chosen == gain.size()) return set;
      set = space_.Extended(set, chosen);
      fresh.assign(space_.Candidates(), false);
      space_.Report("selecting", space_.SizeShare(set));
    }
  }

  // What a move must gain: a further index its share of the objective, an exchange less.
  [[nodiscard]] double Threshold(const Configuration& from, const Configuration& to) const {
    return to.size() > from.size() ? space_.MinGain() : kExchange * space_.MinGain();
  }

  // The addition with most gain per byte, re-evaluating in batches only those whose stale score could still win.
  std::size_t BestAddition(const Configuration& set, std::vector<double>& gain, std::vector<bool>& fresh) {
    std::vector<std::size_t> order;
    std::vector<Configuration> next(space_.Candidates());
    for (std::size_t c = 0; c < space_.Candidates(); c++) {
      if (!space_.Allowed(c) || Contains(set, c)) continue;
      next[c] = space_.Extended(set, c);
      if (!next[c].empty() && space_.Fits(next[c])) order.push_back(c);
    }
    const auto score = [&](std::size_t c) { return gain[c] / space_.Bytes(c); };
    while (true) {
      order.erase(
          std::remove_if(order.begin(), order.end(), [&](std::size_t c) { return gain[c] <= Threshold(set, next[c]); }),
          order.end());
      if (order.empty()) return space_.Candidates();
      std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return score(a) > score(b); });
      if (fresh[order.front()]) return order.front();
      std::vector<std::size_t> batch;
      std::vector<Configuration> sets;
      for (const std::size_t c : order)
        if (!fresh[c] && batch.size() < kBatch) {
          batch.push_back(c);
          sets.push_back(next[c]);
        }
      space_.FetchMoves(set, sets);
      for (std::size_t i = 0; i < batch.size(); i++) {
        gain[batch[i]] = space_.Gain(set, sets[i]);
        fresh[batch[i]] = true;
      }
    }
  }

  // What plans use when all promising candidates are there.
  Configuration UsedWhenAllPresent() {
    CostBook::Wanted wanted;
    for (std::size_t s = 0; s < space_.Statements(); s++) wanted.emplace_back(s, space_.Promising(s, kAllAtOnce));
    space_.Fetch(wanted);
    space_.UpdateSingles();
    Configuration set;
    for (const auto& [s, present] : wanted)
      for (const std::size_t c : space_.Get(s, present).used)
        if (!Contains(set, c)) {
          const Configuration next = space_.Extended(set, c);
          if (!next.empty()) set = next;
        }
    return set;
  }

  // What the absence of each member would cost. Only statements whose plan needs it can lose.
  std::vector<double> Losses(const Configuration& set) {
    CostBook::Wanted wanted;
    for (std::size_t s = 0; s < space_.Statements(); s++) wanted.emplace_back(s, set);
    space_.Fetch(wanted);
    std::vector<std::pair<std::size_t, std::size_t>> needs;  // statement, position in the set
    for (std::size_t s = 0; s < space_.Statements(); s++)
      for (const std::size_t member : space_.Needed(s, set)) needs.emplace_back(s, member);
    wanted.clear();
    for (const auto& [s, member] : needs) wanted.emplace_back(s, Without(set, set[member]));
    space_.Fetch(wanted);
    std::vector<double> losses(set.size());
    for (std::size_t i = 0; i < needs.size(); i++) {
      const auto& [s, member] = needs[i];
      losses[member] += space_.Weight(s) * (space_.CostOf(s, wanted[i].second) - space_.CostOf(s, set));
    }
    return losses;
  }

  // Drops the smallest loss per byte until the set fits and every member earns its place.
  Configuration Reduce(Configuration set) {
    while (!set.empty()) {
      const std::vector<double> losses = Losses(set);
      std::size_t worst = 0;
      for (std::size_t i = 1; i < set.size(); i++)
        if (losses[i] / space_.Bytes(set[i]) < losses[worst] / space_.Bytes(set[worst])) worst = i;
      if (space_.Fits(set) && losses[worst] > space_.MinGain()) break;
      set = Without(std::move(set), set[worst]);
    }
    return space_.Fits(set) ? set : Configuration{};
  }

  [[nodiscard]] std::vector<std::size_t> Shortlist() const {
    std::vector<std::size_t> list;
    for (std::size_t c = 0; c < space_.Candidates(); c++)
      if (space_.Allowed(c) && space_.Single(c) > 0) list.push_back(c);
    std::sort(list.begin(), list.end(),
              [&](std::size_t a, std::size_t b) { return space_.Single(a) > space_.Single(b); });
    if (list.size() > kShortlist) list.resize(kShortlist);
    return list;
  }

  // Best single add or swap; `set` itself when none gains enough.
  Configuration BestMove(const Configuration& set, const std::vector<std::size_t>& shortlist) {
    Configuration best = set;
    double best_gain = 0;
    for (const std::size_t c : shortlist) {
      if (Contains(set, c)) continue;
      std::vector<Configuration> sets = {space_.Extended(set, c)};
      for (const std::size_t out : set) sets.push_back(space_.Extended(Without(set, out), c));
      sets.erase(std::remove_if(sets.begin(), sets.end(),
                                [&](const Configuration& s) { return s.empty() || !space_.Fits(s); }),
                 sets.end());
      space_.FetchMoves(set, sets);
      for (const Configuration& next : sets) {
        const double gain = space_.Gain(set, next);
        if (gain > best_gain && gain > Threshold(set, next)) {
          best_gain = gain;
          best = next;
        }
      }
    }
    return best;
  }

  Configuration Climb(Configuration set) {
    const std::vector<std::size_t> shortlist = Shortlist();
    for (int round = 0; round < 20; round++) {
      space_.Report("refining", static_cast<double>(round) / 20);
      const Configuration moved = BestMove(set, shortlist);
      const Configuration kept = Reduce(moved);
      if (kept == set || space_.Objective(kept) >= space_.Objective(set)) break;
      set = kept;
    }
    return Reduce(set);
  }

  [[nodiscard]] bool SameLead(std::size_t a, std::size_t b) const {
    return space_.Definition(a).relid == space_.Definition(b).relid &&
           space_.Definition(a).keys.front() == space_.Definition(b).keys.front();
  }

  // Plain indexes that could stand for covering index `c`, each put into `without`; `without` itself comes first.
  [[nodiscard]] std::vector<Configuration> PlainForms(const Configuration& without, std::size_t c) const {
    std::vector<Configuration> forms = {without};
    for (std::size_t other = 0; other < space_.Candidates(); other++) {
      if (!SameLead(other, c) || !space_.Definition(other).include.empty() || !space_.Allowed(other)) continue;
      Configuration form = space_.Extended(without, other);
      if (!form.empty() && space_.Fits(form)) forms.push_back(std::move(form));
    }
    return forms;
  }

  bool WorthCovering(const Configuration& plain, const Configuration& covering) {
    double gain = 0;
    for (const std::size_t s : space_.Touched(plain, covering)) {
      const double before = space_.CostOf(s, plain);
      const double saved = before - space_.CostOf(s, covering);
      if (saved > kCoveringUnits && saved > kCoveringSaves * before) gain += space_.Weight(s) * saved;
    }
    return gain > space_.MinGain();
  }

  // `set` with covering index `c`, or with what serves nearly as well without INCLUDE: an index of the set or an
  // existing one included. A form that did not pay is banned.
  Configuration PlainFor(const Configuration& set, std::size_t c) {
    const Configuration without = Without(set, c);
    const std::vector<Configuration> forms = PlainForms(without, c);
    std::vector<Configuration> moves = forms;
    moves.push_back(set);
    space_.FetchMoves(without, moves);
    const Configuration* best = &forms.front();
    double best_gain = space_.MinGain();
    for (const Configuration& form : forms) {
      const double gain = space_.Gain(without, form);
      if (gain <= best_gain) continue;
      best_gain = gain;
      best = &form;
    }
    if (WorthCovering(*best, set)) return set;
    space_.Ban(c);
    return *best;
  }

  // Takes back INCLUDE columns that do not pay; what that frees may be filled again.
  Configuration Plain(Configuration set) {
    for (int round = 0; round < 3; round++) {
      Configuration plain = set;
      for (const std::size_t c : set)
        if (!space_.Definition(c).include.empty() && Contains(plain, c)) plain = PlainFor(plain, c);
      if (plain == set) break;
      set = round < 2 ? Fill(std::move(plain)) : std::move(plain);
    }
    return Reduce(std::move(set));
  }

  SearchSpace space_;
};

}  // namespace

model::Configuration SelectIndexes(const SelectionInput& input) {
  return Search(input).Run();
}

}  // namespace steward::advise
