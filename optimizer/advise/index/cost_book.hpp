// Remembers what the oracle said, asks it in batches and within a limit, and answers without a call where a known plan
// settles the question or an estimate will do.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "advise/index/plan_model.hpp"
#include "model/cost_oracle.hpp"

namespace steward::advise {

/// Costs of statements under index sets (sorted positions of candidates). Reuse: a plan made with set X that uses only
/// U is also the plan for every Y with U <= Y <= X. That holds but for the planner's 1 % fuzzy comparison of paths; use
/// FetchExact before printing a figure.
class CostBook {
 public:
  using Wanted = std::vector<std::pair<std::size_t, model::Configuration>>;

  /// `relevant[s]`: the candidates that can matter to statement s, ascending; others are dropped from every request.
  CostBook(model::CostModel& model, const std::vector<model::IndexDefinition>& definitions,
           const std::vector<std::vector<std::size_t>>& relevant);

  /// Fetch makes no plan once `calls` have been made in all.
  void LimitTo(std::int64_t calls) { limit_ = calls; }
  [[nodiscard]] std::int64_t Limit() const { return limit_; }
  [[nodiscard]] bool Exhausted() const { return model_.PlannerCalls() >= limit_; }
  /// Whether a Fetch ever had to leave something unplanned.
  [[nodiscard]] bool Stopped() const { return stopped_; }

  /// Plans each statement without candidates, the costs of reading its relations with each `allowed` one included.
  void Probe(const std::vector<bool>& allowed);

  /// What Fetch plans: nothing; what PlanModel cannot speak of; all that no known plan settles.
  enum class Effort { kNothing, kInestimable, kUnsettled };
  void Spend(Effort effort) { effort_ = effort; }

  /// Plans, in one batch; at the limit the first ones wanted only. A statement that failed without candidates is not tried
  /// again, here and below.
  void Fetch(const Wanted& wanted) { Ask(wanted, effort_); }

  /// Plans all that no known plan settles: estimates learn from it.
  void FetchPlans(const Wanted& wanted) { Ask(wanted, Effort::kUnsettled); }

  /// Plans, whatever the limit and with all drawings of values, what was not planned so for this very set.
  void FetchExact(const Wanted& wanted);

  /// Cost of a statement under a set: planned, or of the plan that settles it, or else the lower one of PlanModel's estimate
  /// and the cheapest known plan that the set could use: one whose indexes are in `set` or are covered by an index there. A
  /// statement that fails with candidates costs what it costs without them, one that fails without them nothing. At least
  /// the plan without candidates must have been fetched.
  [[nodiscard]] double Total(std::size_t statement, const model::Configuration& set) const;
  /// The candidates in that plan.
  [[nodiscard]] model::Configuration Used(std::size_t statement, const model::Configuration& set) const;

  /// The members of `set` that can matter to a statement. To ask for these is to ask for `set`, and takes less room.
  [[nodiscard]] model::Configuration Project(std::size_t statement, const model::Configuration& set) const;

  /// What FetchExact fetched. Valid until the next fetch.
  [[nodiscard]] const model::Cost& Exact(std::size_t statement, const model::Configuration& set) const;

  /// Whether another candidate does all that `covered` does.
  [[nodiscard]] bool Covers(std::size_t candidate, std::size_t covered) const {
    const auto& covering = covering_[covered];
    return std::find(covering.begin(), covering.end(), candidate) != covering.end();
  }
  [[nodiscard]] std::size_t Statements() const { return relevant_.size(); }
  [[nodiscard]] const std::vector<std::size_t>& Relevant(std::size_t statement) const { return relevant_[statement]; }
  [[nodiscard]] std::int64_t PlannerCalls() const { return model_.PlannerCalls(); }
  [[nodiscard]] const PlanModel& Plans() const { return plans_; }

 private:
  struct Entry {
    model::Configuration set;
    model::Cost cost;
  };
  struct Hash {
    std::size_t operator()(const model::Configuration& set) const;
  };
  using Totals = std::unordered_map<model::Configuration, double, Hash>;
  using Entries = std::vector<Entry>;  // of one statement, sorted by set
  void ProjectTo(std::size_t statement, const model::Configuration& set, model::Configuration& result) const;
  [[nodiscard]] static const Entry* Find(const Entries& entries, const model::Configuration& projected);
  [[nodiscard]] const Entry* Derive(std::size_t statement, const model::Configuration& projected) const;
  [[nodiscard]] const Entry* Settling(std::size_t statement, const model::Configuration& projected) const;
  [[nodiscard]] const Entry& CheapestServing(std::size_t statement, const model::Configuration& projected) const;
  [[nodiscard]] bool Serves(const model::Configuration& set, const model::Configuration& used) const;
  [[nodiscard]] double ComputeTotal(std::size_t statement, const model::Configuration& projected) const;
  [[nodiscard]] bool Fails(std::size_t statement) const;
  [[nodiscard]] bool Estimable(std::size_t statement, const model::Configuration& projected) const;
  [[nodiscard]] bool Needless(std::size_t statement, const model::Configuration& projected, Effort effort) const;
  void Ask(const Wanted& wanted, Effort effort);
  void Send(const std::vector<model::CostRequest>& requests);
  void Keep(const model::CostRequest& request, model::Cost cost);

  model::CostModel& model_;
  const std::vector<model::IndexDefinition>& definitions_;
  const std::vector<std::vector<std::size_t>>& relevant_;
  std::vector<std::vector<char>> is_relevant_;      // per statement and candidate
  std::vector<std::vector<std::size_t>> covering_;  // per candidate, the others that cover it
  std::vector<Entries> known_;                      // per statement, planned at least once
  std::vector<Entries> exact_;                      // per statement, planned with all drawings
  PlanModel plans_;
  mutable model::Configuration projected_;  // by Total, which a search calls millions of times
  mutable std::vector<Totals> totals_;  // per statement, what Total said since the last plan of it
  std::int64_t limit_ = 0;
  Effort effort_ = Effort::kUnsettled;
  bool stopped_ = false;
};

}  // namespace steward::advise
