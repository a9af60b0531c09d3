// What a search over sets of candidates asks about: which sets are allowed, what they gain, and which statements a
// candidate can matter to. Owns the order in which candidates are costed alone; choosing is selection's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "advise/index/selection.hpp"

namespace steward::advise {

class SearchSpace {
 public:
  explicit SearchSpace(const SelectionInput& input);

  [[nodiscard]] std::size_t Candidates() const { return users_.size(); }
  [[nodiscard]] std::size_t Statements() const { return in_.weights.size(); }
  [[nodiscard]] const model::IndexDefinition& Definition(std::size_t candidate) const {
    return in_.candidates.definitions[candidate];
  }
  /// Whether its table sees updates.
  [[nodiscard]] bool Updated(std::size_t candidate) const { return in_.updated[candidate]; }
  [[nodiscard]] double MinGain() const { return in_.min_gain; }
  [[nodiscard]] double Weight(std::size_t statement) const { return in_.weights[statement]; }

  /// Neither refused by the server nor banned, and within the budget by itself.
  [[nodiscard]] bool Allowed(std::size_t candidate) const;
  void Ban(std::size_t candidate) { banned_[candidate] = true; }
  void LiftBan(std::size_t candidate) { banned_[candidate] = false; }
  [[nodiscard]] double Bytes(std::size_t candidate) const;
  [[nodiscard]] bool Fits(const model::Configuration& set) const;
  /// Bytes left in the budget, those of the largest member included: a candidate that is larger cannot be put in, not even
  /// in the place of a member that it covers.
  [[nodiscard]] double Room(const model::Configuration& set) const;
  /// Share of the budget that `set` takes; 0.5 without a budget.
  [[nodiscard]] double SizeShare(const model::Configuration& set) const;

  /// `set` plus `candidate`, minus what the candidate covers. Empty when a member already covers the candidate.
  [[nodiscard]] model::Configuration Extended(const model::Configuration& set, std::size_t candidate) const;
  /// The statements that a difference between two sets can matter to.
  [[nodiscard]] std::vector<std::size_t> Touched(const model::Configuration& from,
                                                 const model::Configuration& to) const;

  /// The statements that `candidate` can matter to.
  [[nodiscard]] const std::vector<std::size_t>& Users(std::size_t candidate) const { return users_[candidate]; }

  /// Lets the search plan until `share` of all plannings are made; what is left over goes to the next phase.
  void AllowShare(double share);
  [[nodiscard]] bool OutOfCalls() const { return in_.book.Exhausted(); }
  void Report(const std::string& phase, double share) const;

  /// Planner units of one call.
  [[nodiscard]] double CostOf(std::size_t statement, const model::Configuration& set) const {
    return in_.book.Total(statement, set);
  }
  /// Weighted costs of the statements, and the upkeep of the set.
  [[nodiscard]] double Objective(const model::Configuration& set);
  [[nodiscard]] double Upkeep(std::size_t candidate) const { return in_.upkeep[candidate]; }
  /// By how much the objective is less with `to` than with `from`.
  [[nodiscard]] double Gain(const model::Configuration& from, const model::Configuration& to) const;
  /// What the indexes of `set` must gain in all: MinGain each, a tenth of it more for each further column, and a fifth for
  /// each time that the size is that of the index on the first key alone. So columns and bytes are spent only where they
  /// bring something, also within the budget.
  [[nodiscard]] double Price(const model::Configuration& set) const;
  /// Costs looked up by Gain so far: what bounds a search that plans nothing.
  [[nodiscard]] std::int64_t Work() const { return work_; }
  /// Costs every move from `from` to one of `sets` in one batch.
  void FetchMoves(const model::Configuration& from, const std::vector<model::Configuration>& sets);
  void Fetch(const CostBook::Wanted& wanted) { in_.book.Fetch(wanted); }
  /// Costs all statements under `set`.
  void FetchAll(const model::Configuration& set);
  [[nodiscard]] model::Configuration Used(std::size_t statement, const model::Configuration& set) const {
    return in_.book.Used(statement, set);
  }

  /// Whether estimates can be made, of any statement, of one.
  [[nodiscard]] bool Estimates() const;
  [[nodiscard]] bool Estimates(std::size_t statement) const { return in_.book.Plans().Knows(statement); }
  /// How much is planned from now on.
  void Plan(CostBook::Effort effort) {
    effort_ = effort;
    in_.book.Spend(effort);
  }
  /// Whether anything is planned now.
  [[nodiscard]] bool Plans() const { return effort_ != CostBook::Effort::kNothing; }
  /// What estimates are made from (see ShowPlans), for the heaviest statements that together make `share` of the objective.
  /// Fewer plannings of each where they would be more than a third of all.
  void ShowPlans(double share, std::size_t per_statement);
  /// Plans the statements that `set` can matter to.
  void PlanFor(const model::Configuration& set);

  /// Positions in `set` of the members that the plan of `statement` needs: those it uses, or an index that covers one it
  /// would use.
  [[nodiscard]] std::vector<std::size_t> Needed(std::size_t statement, const model::Configuration& set) const;

  /// Plans statements with one candidate each. First with what is theirs: one-column candidates, then those whose first
  /// key helped alone, then the rest of their own; where not all can be planned, most time at stake per planning
  /// first. Then, only if all of it can be planned, with the candidates of other statements: those serve as the shorter
  /// index does whose keys they begin with.
  void CostSingles();
  /// Bans covering candidates that save too little beyond the index on the same keys without INCLUDE: a candidate, or one
  /// that exists.
  void BanCoverings();
  /// What `candidate` gains alone.
  [[nodiscard]] double Single(std::size_t candidate) const { return single_[candidate]; }
  void UpdateSingles();
  /// The allowed candidates of `statement`, at most `most`: its own and those that gain most alone.
  [[nodiscard]] model::Configuration Promising(std::size_t statement, std::size_t most) const;

 private:
  struct Pair {
    std::size_t statement;
    std::size_t candidate;
    double stake;
  };
  [[nodiscard]] std::vector<std::vector<Pair>> OwnPairs() const;
  [[nodiscard]] std::vector<Pair> ForeignPairs() const;
  [[nodiscard]] bool LeadGains(const Pair& pair) const;
  [[nodiscard]] bool WorthCovering(std::size_t plain, std::size_t covering) const;
  void CostPairs(const std::vector<Pair>& pairs, double share_before, double share_after);

  const SelectionInput& in_;
  std::vector<std::vector<std::size_t>> users_;  // per candidate, the statements it can matter to
  std::vector<std::size_t> lead_;  // per candidate, that of its first key alone; itself where there is none
  std::vector<double> single_;     // per candidate, its gain alone
  mutable std::int64_t work_ = 0;
  CostBook::Effort effort_ = CostBook::Effort::kUnsettled;
  std::vector<bool> banned_;       // covering candidates that a plain form replaced
};

}  // namespace steward::advise
