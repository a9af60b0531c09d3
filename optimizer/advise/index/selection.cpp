// See selection.hpp.
#include "advise/index/selection.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace steward::advise {

namespace {

using model::Configuration;
using Wanted = std::vector<std::pair<std::size_t, Configuration>>;

constexpr std::size_t kBatch = 16;      // candidates evaluated in one round trip
constexpr std::size_t kShortlist = 60;  // candidates that swaps consider
constexpr std::size_t kAllAtOnce = 60;  // most candidates present in one planning (OR clauses explode beyond)

// What a covering index must save on a statement beyond its plain form. Some heap fetches a call, mostly from cache,
// are no reason to keep columns twice and to lose HOT updates of them. Measured against the plain form only, so that
// the answer is the same before and after that one is built.
constexpr double kCoveringUnits = 100;  // planner units a call: 25 random pages at the default cost
constexpr double kCoveringSaves = 0.3;  // of the statement's cost with the plain form

Configuration With(Configuration set, std::size_t candidate) {
  set.insert(std::lower_bound(set.begin(), set.end(), candidate), candidate);
  return set;
}

Configuration Without(Configuration set, std::size_t candidate) {
  set.erase(std::remove(set.begin(), set.end(), candidate), set.end());
  return set;
}

bool Contains(const Configuration& set, std::size_t candidate) {
  return std::binary_search(set.begin(), set.end(), candidate);
}

class Search {
 public:
  explicit Search(const SelectionInput& input)
      : in_(input), users_(input.definitions.size()), single_(users_.size(), 0.0), banned_(users_.size(), false) {
    for (std::size_t s = 0; s < in_.weights.size(); s++)
      for (const std::size_t candidate : in_.book.Relevant(s)) users_[candidate].push_back(s);
  }

  Configuration Run() {
    CostSingles();
    const Configuration greedy = Fill({});
    const Configuration reduced = Reduce(UsedWhenAllPresent());
    Configuration best = Objective(reduced) < Objective(greedy) ? reduced : greedy;
    best = Plain(Climb(best));
    Report("refining", 1);
    return best;
  }

 private:
  [[nodiscard]] bool Allowed(std::size_t candidate) const {
    return !banned_[candidate] && in_.sizes[candidate].error.empty() &&
           (in_.budget == 0 || in_.sizes[candidate].bytes <= in_.budget);
  }

  [[nodiscard]] double Bytes(std::size_t candidate) const {
    return static_cast<double>(std::max<std::int64_t>(in_.sizes[candidate].bytes, 8192));
  }

  [[nodiscard]] bool Fits(const Configuration& set) const {
    if (in_.budget == 0) return true;
    const auto sum = std::accumulate(set.begin(), set.end(), std::int64_t{0},
                                     [&](std::int64_t total, std::size_t c) { return total + in_.sizes[c].bytes; });
    return sum <= in_.budget;
  }

  [[nodiscard]] bool OutOfCalls() const { return in_.book.PlannerCalls() >= in_.max_planner_calls; }

  void Report(const std::string& phase, double share) const {
    if (in_.progress) in_.progress(phase, share);
  }

  double CostOf(std::size_t statement, const Configuration& set) {
    const model::Cost& cost = in_.book.Get(statement, set);
    if (cost.error.empty()) return cost.total;
    // A statement that fails only with candidates present counts as not helped.
    const model::Cost& base = in_.book.Get(statement, {});
    return base.error.empty() ? base.total : 0;
  }

  double Objective(const Configuration& set) {
    Wanted wanted;
    for (std::size_t s = 0; s < in_.weights.size(); s++) wanted.emplace_back(s, set);
    in_.book.Fetch(wanted);
    double sum = 0;
    for (std::size_t s = 0; s < in_.weights.size(); s++) sum += in_.weights[s] * CostOf(s, set);
    return sum;
  }

  double Gain(const Configuration& from, const Configuration& to) {
    double gain = 0;
    for (const std::size_t s : Touched(from, to)) gain += in_.weights[s] * (CostOf(s, from) - CostOf(s, to));
    return gain;
  }

  // `set` plus `candidate`, minus what the candidate covers. Empty when a member already covers the candidate.
  [[nodiscard]] Configuration Extended(const Configuration& set, std::size_t candidate) const {
    Configuration result = set;
    for (const std::size_t member : set) {
      if (Covers(in_.definitions[member], in_.definitions[candidate])) return {};
      if (Covers(in_.definitions[candidate], in_.definitions[member])) result = Without(std::move(result), member);
    }
    return With(std::move(result), candidate);
  }

  void CostSingles() {
    Wanted wanted;
    for (std::size_t s = 0; s < in_.weights.size(); s++) wanted.emplace_back(s, Configuration{});
    in_.book.Fetch(wanted);
    for (std::size_t c = 0; c < users_.size(); c += kBatch) {
      wanted.clear();
      const std::size_t end = std::min(c + kBatch, users_.size());
      for (std::size_t i = c; i < end; i++)
        if (Allowed(i))
          for (const std::size_t s : users_[i]) wanted.emplace_back(s, Configuration{i});
      in_.book.Fetch(wanted);
      for (std::size_t i = c; i < end; i++)
        if (Allowed(i)) single_[i] = Gain({}, {i});
      Report("costing candidates", static_cast<double>(end) / static_cast<double>(users_.size()));
    }
  }

  [[nodiscard]] std::vector<std::size_t> Touched(const Configuration& from, const Configuration& to) const {
    std::vector<std::size_t> touched;
    for (const std::size_t candidate : Changed(from, to))
      touched.insert(touched.end(), users_[candidate].begin(), users_[candidate].end());
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    return touched;
  }

  // Costs every move from `from` to one of `sets` in one batch.
  void FetchMoves(const Configuration& from, const std::vector<Configuration>& sets) {
    Wanted wanted;
    for (const Configuration& to : sets)
      for (const std::size_t s : Touched(from, to)) {
        wanted.emplace_back(s, from);
        wanted.emplace_back(s, to);
      }
    in_.book.Fetch(wanted);
  }

  // Adds to `set` while an addition gains enough.
  Configuration Fill(Configuration set) {
    std::vector<double> gain = single_;  // an upper estimate: gains rarely grow with the set
    std::vector<bool> fresh(users_.size(), true);
    while (!OutOfCalls()) {
      const std::size_t chosen = BestAddition(set, gain, fresh);
      if (chosen == users_.size()) break;
      set = Extended(set, chosen);
      fresh.assign(users_.size(), false);
      Report("selecting", in_.budget == 0 ? 0.5 : SizeShare(set));
    }
    return set;
  }

  [[nodiscard]] double SizeShare(const Configuration& set) const {
    double sum = 0;
    for (const std::size_t c : set) sum += static_cast<double>(in_.sizes[c].bytes);
    return sum / static_cast<double>(in_.budget);
  }

  // The addition with most gain per byte, re-evaluating in batches only those whose stale score could still win.
  std::size_t BestAddition(const Configuration& set, std::vector<double>& gain, std::vector<bool>& fresh) {
    std::vector<std::size_t> order;
    for (std::size_t c = 0; c < users_.size(); c++) {
      if (!Allowed(c) || Contains(set, c) || gain[c] <= in_.min_gain) continue;
      const Configuration next = Extended(set, c);
      if (!next.empty() && Fits(next)) order.push_back(c);
    }
    const auto score = [&](std::size_t c) { return gain[c] / Bytes(c); };
    const auto better = [&](std::size_t a, std::size_t b) { return score(a) > score(b); };
    while (true) {
      order.erase(std::remove_if(order.begin(), order.end(), [&](std::size_t c) { return gain[c] <= in_.min_gain; }),
                  order.end());
      if (order.empty()) return users_.size();
      std::sort(order.begin(), order.end(), better);
      if (fresh[order.front()] || OutOfCalls()) return order.front();
      std::vector<std::size_t> batch;
      std::vector<Configuration> sets;
      for (const std::size_t c : order)
        if (!fresh[c] && batch.size() < kBatch) {
          batch.push_back(c);
          sets.push_back(Extended(set, c));
        }
      FetchMoves(set, sets);
      for (std::size_t i = 0; i < batch.size(); i++) {
        gain[batch[i]] = Gain(set, sets[i]);
        fresh[batch[i]] = true;
      }
    }
  }

  static std::vector<std::size_t> Changed(const Configuration& from, const Configuration& to) {
    std::vector<std::size_t> changed;
    std::set_symmetric_difference(from.begin(), from.end(), to.begin(), to.end(), std::back_inserter(changed));
    return changed;
  }

  Configuration UsedWhenAllPresent() {
    Wanted wanted;
    for (std::size_t s = 0; s < in_.weights.size(); s++) {
      std::vector<std::size_t> present = in_.book.Relevant(s);
      present.erase(std::remove_if(present.begin(), present.end(), [&](std::size_t c) { return !Allowed(c); }),
                    present.end());
      if (present.size() > kAllAtOnce) {
        std::partial_sort(present.begin(), present.begin() + kAllAtOnce, present.end(),
                          [&](std::size_t a, std::size_t b) { return single_[a] > single_[b]; });
        present.resize(kAllAtOnce);
        std::sort(present.begin(), present.end());
      }
      wanted.emplace_back(s, present);
    }
    in_.book.Fetch(wanted);
    Configuration set;
    for (const auto& [s, present] : wanted)
      for (const std::size_t c : Configuration(in_.book.Get(s, present).used))
        if (!Contains(set, c)) {
          const Configuration next = Extended(set, c);
          if (!next.empty()) set = next;
        }
    return set;
  }

  // Drops the smallest loss per byte until the set fits and every member earns its place.
  Configuration Reduce(Configuration set) {
    while (!set.empty() && !OutOfCalls()) {
      std::size_t worst = set.front();
      double worst_score = std::numeric_limits<double>::max();
      double worst_loss = 0;
      std::vector<Configuration> sets;
      for (const std::size_t c : set) sets.push_back(Without(set, c));
      FetchMoves(set, sets);
      for (std::size_t i = 0; i < set.size(); i++) {
        const double loss = Gain(sets[i], set);
        if (loss / Bytes(set[i]) < worst_score) {
          worst = set[i];
          worst_loss = loss;
          worst_score = loss / Bytes(set[i]);
        }
      }
      if (Fits(set) && worst_loss > in_.min_gain) break;
      set = Without(std::move(set), worst);
    }
    return Fits(set) ? set : Configuration{};
  }

  [[nodiscard]] std::vector<std::size_t> Shortlist() const {
    std::vector<std::size_t> list;
    for (std::size_t c = 0; c < users_.size(); c++)
      if (Allowed(c) && single_[c] > 0) list.push_back(c);
    std::sort(list.begin(), list.end(), [&](std::size_t a, std::size_t b) { return single_[a] > single_[b]; });
    if (list.size() > kShortlist) list.resize(kShortlist);
    return list;
  }

  // Best single add or swap; `set` itself when none gains enough.
  Configuration BestMove(const Configuration& set, const std::vector<std::size_t>& shortlist) {
    Configuration best = set;
    double best_gain = in_.min_gain;
    for (const std::size_t c : shortlist) {
      if (Contains(set, c) || OutOfCalls()) continue;
      std::vector<Configuration> sets = {Extended(set, c)};
      for (const std::size_t out : set) sets.push_back(Extended(Without(set, out), c));
      sets.erase(
          std::remove_if(sets.begin(), sets.end(), [&](const Configuration& s) { return s.empty() || !Fits(s); }),
          sets.end());
      FetchMoves(set, sets);
      for (const Configuration& next : sets) {
        const double gain = Gain(set, next);
        if (gain > best_gain) {
          best_gain = gain;
          best = next;
        }
      }
    }
    return best;
  }

  Configuration Climb(Configuration set) {
    const std::vector<std::size_t> shortlist = Shortlist();
    for (int round = 0; round < 20 && !OutOfCalls(); round++) {
      Report("refining", static_cast<double>(round) / 20);
      const Configuration moved = BestMove(set, shortlist);
      const Configuration kept = Reduce(moved);
      if (kept == set || Objective(kept) >= Objective(set)) break;
      set = kept;
    }
    return Reduce(set);
  }

  [[nodiscard]] bool SameLead(std::size_t a, std::size_t b) const {
    return in_.definitions[a].relid == in_.definitions[b].relid &&
           in_.definitions[a].keys.front() == in_.definitions[b].keys.front();
  }

  // Plain indexes that could stand for covering index `c`, each put into `without`; `without` itself comes first.
  [[nodiscard]] std::vector<Configuration> PlainForms(const Configuration& without, std::size_t c) const {
    std::vector<Configuration> forms = {without};
    for (std::size_t other = 0; other < users_.size(); other++) {
      if (!SameLead(other, c) || !in_.definitions[other].include.empty() || !Allowed(other)) continue;
      Configuration form = Extended(without, other);
      if (!form.empty() && Fits(form)) forms.push_back(std::move(form));
    }
    return forms;
  }

  bool WorthCovering(const Configuration& plain, const Configuration& covering) {
    double gain = 0;
    for (const std::size_t s : Touched(plain, covering)) {
      const double before = CostOf(s, plain);
      const double saved = before - CostOf(s, covering);
      if (saved > kCoveringUnits && saved > kCoveringSaves * before) gain += in_.weights[s] * saved;
    }
    return gain > in_.min_gain;
  }

  // `set` with covering index `c`, or with what serves nearly as well without INCLUDE: an index of the set or an
  // existing one included. A form that did not pay is banned.
  Configuration PlainFor(const Configuration& set, std::size_t c) {
    const Configuration without = Without(set, c);
    const std::vector<Configuration> forms = PlainForms(without, c);
    std::vector<Configuration> moves = forms;
    moves.push_back(set);
    FetchMoves(without, moves);
    const Configuration* best = &forms.front();
    double best_gain = in_.min_gain;
    for (const Configuration& form : forms) {
      const double gain = Gain(without, form);
      if (gain <= best_gain) continue;
      best_gain = gain;
      best = &form;
    }
    if (WorthCovering(*best, set)) return set;
    banned_[c] = true;
    return *best;
  }

  // Takes back INCLUDE columns that do not pay; what that frees may be filled again.
  Configuration Plain(Configuration set) {
    for (int round = 0; round < 3 && !OutOfCalls(); round++) {
      Configuration plain = set;
      for (const std::size_t c : set)
        if (!in_.definitions[c].include.empty() && Contains(plain, c)) plain = PlainFor(plain, c);
      if (plain == set) break;
      set = round < 2 ? Fill(std::move(plain)) : std::move(plain);
    }
    return Reduce(std::move(set));
  }

  const SelectionInput& in_;
  std::vector<std::vector<std::size_t>> users_;  // per candidate, the statements it can matter to
  std::vector<double> single_;                   // per candidate, its gain alone
  std::vector<bool> banned_;                     // covering candidates that a plain form replaced
};

}  // namespace

model::Configuration SelectIndexes(const SelectionInput& input) {
  return Search(input).Run();
}

}  // namespace steward::advise
