// Remembers what the oracle said, asks it in batches and within a limit, and answers without a call where a known plan
// settles the question.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "model/cost_oracle.hpp"

namespace steward::advise {

/// Costs of statements under index sets (sorted positions of candidates). Reuse: a plan made with set X that uses only
/// U is also the plan for every Y with U <= Y <= X. That holds but for the planner's 1 % fuzzy comparison of paths; use
/// FetchExact before printing a figure.
class CostBook {
 public:
  using Wanted = std::vector<std::pair<std::size_t, model::Configuration>>;

  /// `relevant[s]`: the candidates that can matter to statement s; others are dropped from every request.
  CostBook(model::CostModel& model, const std::vector<model::IndexDefinition>& definitions,
           const std::vector<std::vector<std::size_t>>& relevant);

  /// Fetch makes no plan once `calls` have been made in all.
  void LimitTo(std::int64_t calls) { limit_ = calls; }
  [[nodiscard]] std::int64_t Limit() const { return limit_; }
  [[nodiscard]] bool Exhausted() const { return model_.PlannerCalls() >= limit_; }
  /// Whether a Fetch ever had to leave something unplanned.
  [[nodiscard]] bool Stopped() const { return stopped_; }

  /// Plans, in one batch, what no known plan settles; at the limit the first ones wanted only. A statement that failed
  /// without candidates is not tried again, here and in FetchExact.
  void Fetch(const Wanted& wanted);

  /// Plans, whatever the limit, all that was not planned for this very set.
  void FetchExact(const Wanted& wanted);

  /// The cost of a plan for `set` that is known, or else of the cheapest known one that it could use: one whose indexes
  /// are in `set` or are covered by an index there. At least the plan without candidates must have been fetched. Valid
  /// until the next Fetch.
  [[nodiscard]] const model::Cost& Get(std::size_t statement, const model::Configuration& set) const;

  [[nodiscard]] const std::vector<std::size_t>& Relevant(std::size_t statement) const { return relevant_[statement]; }
  [[nodiscard]] std::int64_t PlannerCalls() const { return model_.PlannerCalls(); }

 private:
  struct Entry {
    model::Configuration set;
    model::Cost cost;
  };
  [[nodiscard]] model::Configuration Project(std::size_t statement, const model::Configuration& set) const;
  [[nodiscard]] const Entry* Find(std::size_t statement, const model::Configuration& projected) const;
  [[nodiscard]] const Entry* Derive(std::size_t statement, const model::Configuration& projected) const;
  [[nodiscard]] bool Serves(const model::Configuration& set, const model::Configuration& used) const;
  [[nodiscard]] bool Fails(std::size_t statement) const;
  void Ask(const Wanted& wanted, bool exact);

  model::CostModel& model_;
  const std::vector<std::vector<std::size_t>>& relevant_;
  std::vector<std::vector<bool>> is_relevant_;      // per statement and candidate
  std::vector<std::vector<std::size_t>> covering_;  // per candidate, the others that cover it
  std::vector<std::vector<Entry>> known_;           // per statement, sorted by set
  std::int64_t limit_ = 0;
  bool stopped_ = false;
};

}  // namespace steward::advise
