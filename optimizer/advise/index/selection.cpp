// See selection.hpp.
#include "advise/index/selection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "advise/index/exchange.hpp"
#include "advise/index/set_moves.hpp"

namespace steward::advise {

namespace {

using model::Configuration;

constexpr std::size_t kShortlist = 60;  // candidates that swaps consider
constexpr std::size_t kPlansEach = 20;  // of each statement, for estimates
constexpr double kQuickShare = 0.9;     // of the cost: the statements that are shown plans of in a quick search
constexpr int kKicks = 6;               // restarts of an exchange from near the best
constexpr int kRounds = 8;              // of choosing on estimates
constexpr int kRefinements = 3;         // of moves that are planned
constexpr double kSettled = 0.001;      // share of the cost by which estimates may be wrong in the end
constexpr std::size_t kAllAtOnce = 60;  // most candidates present in one planning (OR clauses explode beyond)

class Search {
 public:
  explicit Search(const SelectionInput& input) : quick_(input.quick), space_(input), moves_(space_) {}

  Configuration Run() {
    if (quick_)
      space_.ShowPlans(kQuickShare, 1);
    else
      space_.ShowPlans(1, kPlansEach);
    space_.Plan(CostBook::Effort::kInestimable);
    Configuration best = Settle();
    for (int round = 0; round < kRefinements && !quick_; round++) {
      const Configuration refined = Refine(best);
      if (refined == best) break;
      best = Again(refined);
    }
    space_.Report("refining", 1);
    return best;
  }

 private:
  // The choice made on estimates, planned, and made again as long as that changes it; the best one planned.
  Configuration Settle() {
    const int rounds = quick_ ? 1 : kRounds;
    Configuration best;
    double least = std::numeric_limits<double>::infinity();
    for (int round = 0; round < rounds; round++) {
      const Configuration chosen = Choose();
      const double hoped = space_.Objective(chosen);
      space_.PlanFor(chosen);
      const double planned = space_.Objective(chosen);
      if (planned + space_.Price(chosen) < least) {
        least = planned + space_.Price(chosen);
        best = chosen;
      }
      if (std::fabs(planned - hoped) <= kSettled * planned) break;
    }
    return best;
  }

  // Moves from `set` with plannings.
  Configuration Refine(const Configuration& set) {
    space_.Plan(CostBook::Effort::kUnsettled);
    space_.AllowShare(1);
    return space_.Estimates() ? Polish(space_, set) : Climb(set);
  }

  // Moves from `set` by estimates that learned from its plannings, if they lead to something better.
  Configuration Again(const Configuration& set) {
    if (!space_.Estimates()) return set;
    space_.Plan(CostBook::Effort::kNothing);
    const Configuration other = Exchange(space_, set, kKicks);
    space_.PlanFor(other);
    return space_.Gain(set, other) > space_.Price(other) - space_.Price(set) ? other : set;
  }

  // Shares of the planner calls, in order of use; what one phase leaves goes to the next.
  Configuration Choose() {
    space_.AllowShare(0.5);
    space_.CostSingles();
    space_.BanCoverings();
    space_.AllowShare(0.6);
    Configuration reduced = UsedWhenAllPresent();
    space_.AllowShare(0.75);
    const Configuration greedy = moves_.Fill({});
    space_.AllowShare(0.85);
    reduced = moves_.Reduce(reduced);
    const Configuration start = space_.Objective(reduced) < space_.Objective(greedy) ? reduced : greedy;
    if (!space_.Estimates()) return start;
    space_.Plan(CostBook::Effort::kNothing);
    const Configuration chosen = Exchange(space_, start, quick_ ? 0 : kKicks);
    space_.Plan(CostBook::Effort::kInestimable);
    return chosen;
  }

  // What plans use when all promising candidates are there.
  Configuration UsedWhenAllPresent() {
    CostBook::Wanted wanted;
    for (std::size_t s = 0; s < space_.Statements(); s++) wanted.emplace_back(s, space_.Promising(s, kAllAtOnce));
    space_.Fetch(wanted);
    space_.UpdateSingles();
    Configuration set;
    for (const auto& [s, present] : wanted)
      for (const std::size_t c : space_.Used(s, present))
        if (!Contains(set, c)) {
          const Configuration next = space_.Extended(set, c);
          if (!next.empty()) set = next;
        }
    return set;
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
        if (gain > best_gain && gain > moves_.Threshold(set, next)) {
          best_gain = gain;
          best = next;
        }
      }
    }
    return best;
  }

  Configuration Climb(Configuration set) {
    const std::vector<std::size_t> shortlist = moves_.Shortlist(kShortlist);
    for (int round = 0; round < 20; round++) {
      space_.Report("refining", static_cast<double>(round) / 20);
      const Configuration moved = BestMove(set, shortlist);
      const Configuration kept = moves_.Reduce(moved);
      if (kept == set || space_.Objective(kept) >= space_.Objective(set)) break;
      set = kept;
    }
    return moves_.Reduce(set);
  }

  bool quick_;
  SearchSpace space_;
  SetMoves moves_;
};

}  // namespace

model::Configuration SelectIndexes(const SelectionInput& input) {
  return Search(input).Run();
}

}  // namespace steward::advise
