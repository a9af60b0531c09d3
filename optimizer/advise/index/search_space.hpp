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
  [[nodiscard]] double MinGain() const { return in_.min_gain; }
  [[nodiscard]] double Weight(std::size_t statement) const { return in_.weights[statement]; }

  /// Neither refused by the server nor banned, and within the budget by itself.
  [[nodiscard]] bool Allowed(std::size_t candidate) const;
  void Ban(std::size_t candidate) { banned_[candidate] = true; }
  [[nodiscard]] double Bytes(std::size_t candidate) const;
  [[nodiscard]] bool Fits(const model::Configuration& set) const;
  /// Share of the budget that `set` takes; 0.5 without a budget.
  [[nodiscard]] double SizeShare(const model::Configuration& set) const;

  /// `set` plus `candidate`, minus what the candidate covers. Empty when a member already covers the candidate.
  [[nodiscard]] model::Configuration Extended(const model::Configuration& set, std::size_t candidate) const;
  /// The statements that a difference between two sets can matter to.
  [[nodiscard]] std::vector<std::size_t> Touched(const model::Configuration& from,
                                                 const model::Configuration& to) const;

  /// Lets the search plan until `share` of all plannings are made; what is left over goes to the next phase.
  void AllowShare(double share);
  [[nodiscard]] bool OutOfCalls() const { return in_.book.Exhausted(); }
  void Report(const std::string& phase, double share) const;

  /// Planner units of one call.
  [[nodiscard]] double CostOf(std::size_t statement, const model::Configuration& set) const;
  [[nodiscard]] double Objective(const model::Configuration& set);
  [[nodiscard]] double Gain(const model::Configuration& from, const model::Configuration& to) const;
  /// Costs every move from `from` to one of `sets` in one batch.
  void FetchMoves(const model::Configuration& from, const std::vector<model::Configuration>& sets);
  void Fetch(const CostBook::Wanted& wanted) { in_.book.Fetch(wanted); }
  [[nodiscard]] const model::Cost& Get(std::size_t statement, const model::Configuration& set) const {
    return in_.book.Get(statement, set);
  }

  /// Positions in `set` of the members that the plan of `statement` needs: those it uses, or an index that covers one it
  /// would use.
  [[nodiscard]] std::vector<std::size_t> Needed(std::size_t statement, const model::Configuration& set) const;

  /// Plans statements with one candidate each. First with what is theirs: one-column candidates, then those whose first
  /// key helped alone, then the rest of their own; where not all can be planned, most time at stake per planning
  /// first. Then, only if all of it can be planned, with the candidates of other statements: those serve as the shorter
  /// index does whose keys they begin with.
  void CostSingles();
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
  void CostPairs(const std::vector<Pair>& pairs, double share_before, double share_after);

  const SelectionInput& in_;
  std::vector<std::vector<std::size_t>> users_;  // per candidate, the statements it can matter to
  std::vector<std::size_t> lead_;  // per candidate, that of its first key alone; itself where there is none
  std::vector<double> single_;     // per candidate, its gain alone
  std::vector<bool> banned_;       // covering candidates that a plain form replaced
};

}  // namespace steward::advise
