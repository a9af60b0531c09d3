// See exchange.hpp.
#include "advise/index/exchange.hpp"

#include <algorithm>
#include <functional>
#include <random>
#include <utility>
#include <vector>

namespace steward::advise {

using model::Configuration;

namespace {

constexpr std::size_t kShortlist = 48;  // candidates that are put in
constexpr std::size_t kFew = 16;        // the same where there is no time for kicks either
constexpr int kSteps = 12;              // moves in a row
constexpr std::int64_t kMostWork = 400'000;     // looked-up costs of one search, about a quarter of a second
constexpr std::int64_t kMostInAll = 2'000'000;  // of all searches together
constexpr std::size_t kPlanned = 24;    // moves that are planned before one is made
constexpr double kDoubt = 0.02;         // share of the cost concerned by which the estimate of a move may be wrong

class LocalSearch {
 public:
  LocalSearch(SearchSpace& space, std::size_t put_in)
      : space_(space), moves_(space), shortlist_(moves_.Shortlist(put_in)), begun_(space.Work()) {}

  Configuration Run(const Configuration& start, int kicks) {
    Configuration best = Descend(start);
    for (int kick = 0; kick < kicks && best.size() > 1 && !Tired(); kick++) {
      const Configuration other = Kicked(best);
      if (Better(best, other)) best = other;
    }
    return best;
  }

  Configuration Polish(Configuration set) {
    for (int step = 0; step < kSteps; step++) {
      space_.Report("refining", static_cast<double>(step) / kSteps);
      space_.Plan(CostBook::Effort::kNothing);
      const std::vector<Configuration> promising = Promising(set);
      space_.Plan(CostBook::Effort::kUnsettled);
      space_.FetchMoves(set, promising);
      const Configuration next = Best(set, promising);
      if (next == set) break;
      set = next;
    }
    return set;
  }

 private:
  [[nodiscard]] bool Tired() const {
    return space_.Work() - begun_ > kMostWork || space_.Work() > kMostInAll;
  }
  [[nodiscard]] double Lead(const Configuration& from, const Configuration& to) const {
    return space_.Gain(from, to) - (space_.Price(to) - space_.Price(from));
  }
  [[nodiscard]] bool Better(const Configuration& from, const Configuration& to) const {
    return Lead(from, to) > 1e-6 * space_.MinGain();
  }
  [[nodiscard]] Configuration Best(const Configuration& set, const std::vector<Configuration>& others) const {
    Configuration best = set;
    for (const Configuration& other : others)
      if (Better(best, other)) best = other;
    return best;
  }

  Configuration Descend(Configuration set) {
    for (int step = 0; step < kSteps && !Tired(); step++) {
      space_.Report("exchanging", static_cast<double>(step) / kSteps);
      const Configuration next = Best(set, Neighbours(set));
      if (next == set) break;
      set = next;
    }
    return set;
  }

  // The neighbours that are not worse beyond doubt and not settled, the best first.
  std::vector<Configuration> Promising(const Configuration& set) {
    std::vector<std::pair<double, Configuration>> ranked;
    for (Configuration& next : Neighbours(set)) {
      double doubt = 0;
      for (const std::size_t s : space_.Touched(set, next)) doubt += kDoubt * space_.Weight(s) * space_.CostOf(s, set);
      const double lead = Lead(set, next);
      if (lead + doubt > 0) ranked.emplace_back(lead, std::move(next));
    }
    std::sort(ranked.begin(), ranked.end(), std::greater<>());
    std::vector<Configuration> promising;
    for (auto& [lead, next] : ranked)
      if (promising.size() < kPlanned && (promising.empty() || promising.back() != next))
        promising.push_back(std::move(next));
    return promising;
  }

  std::vector<Configuration> Neighbours(const Configuration& set) {
    MeasureGains(set);
    std::vector<Configuration> found;
    const auto add = [&](Configuration next) {
      if (!next.empty() && space_.Fits(next) && next != set) found.push_back(std::move(next));
    };
    for (const std::size_t c : shortlist_)
      if (!Contains(set, c) && !Tired()) add(Settled(set, space_.Extended(set, c), c));
    for (const std::size_t member : set) {
      const Configuration without = Without(set, member);
      for (std::size_t c = 0; c < space_.Candidates(); c++)
        if (c != member && space_.Allowed(c) && SameLead(c, member) && !Tired())
          add(Settled(set, space_.Extended(without, c), c));
      if (!Tired()) add(FilledWithout(set, {member}));
    }
    return found;
  }

  // What each candidate gains beside `set`.
  void MeasureGains(const Configuration& set) {
    gains_.assign(space_.Candidates(), 0);
    for (std::size_t c = 0; c < space_.Candidates(); c++) {
      if (!space_.Allowed(c) || Contains(set, c) || space_.Single(c) <= 0) continue;
      const Configuration grown = space_.Extended(set, c);
      if (!grown.empty()) gains_[c] = space_.Gain(set, grown);
    }
  }

  // Upper estimates of gains beside what is left of `set`: those beside `set`, but for candidates that matter to a
  // statement which a lost member did, too.
  [[nodiscard]] std::vector<double> Gains(const Configuration& set, const Configuration& left) const {
    std::vector<bool> lost(space_.Statements());
    for (const std::size_t member : set)
      if (!Contains(left, member))
        for (const std::size_t s : space_.Users(member)) lost[s] = true;
    std::vector<double> gains = gains_;
    for (std::size_t c = 0; c < gains.size(); c++)
      if (std::any_of(space_.Users(c).begin(), space_.Users(c).end(), [&](std::size_t s) { return lost[s]; }))
        gains[c] = space_.Single(c);
    return gains;
  }

  [[nodiscard]] bool SameLead(std::size_t a, std::size_t b) const {
    return space_.Definition(a).relid == space_.Definition(b).relid &&
           space_.Definition(a).keys.front() == space_.Definition(b).keys.front();
  }

  // `grown` is `set` with `keep` in it: made to fit, and filled up.
  Configuration Settled(const Configuration& set, Configuration grown, std::size_t keep) {
    if (grown.empty()) return grown;
    Configuration left = moves_.Reduce(std::move(grown), keep);
    std::vector<double> gains = Gains(set, left);
    return moves_.Fill(std::move(left), std::move(gains));
  }

  // `set` without `out`, filled up with anything else.
  Configuration FilledWithout(const Configuration& set, const Configuration& out) {
    Configuration left = set;
    for (const std::size_t c : out) left = Without(std::move(left), c);
    std::vector<double> gains = Gains(set, left);
    for (const std::size_t c : out) gains[c] = 0;
    return moves_.Fill(std::move(left), std::move(gains));
  }

  Configuration Kicked(const Configuration& set) {
    Configuration out;
    std::sample(set.begin(), set.end(), std::back_inserter(out), 2, random_);
    return Descend(FilledWithout(set, out));
  }

  SearchSpace& space_;
  SetMoves moves_;
  std::vector<std::size_t> shortlist_;
  std::vector<double> gains_;
  std::minstd_rand random_{1};
  std::int64_t begun_;
};

}  // namespace

Configuration Polish(SearchSpace& space, const Configuration& start) {
  return LocalSearch(space, kShortlist).Polish(start);
}

Configuration Exchange(SearchSpace& space, const Configuration& start, int kicks) {
  return LocalSearch(space, kicks > 0 ? kShortlist : kFew).Run(start, kicks);
}

}  // namespace steward::advise
