// Remembers what the oracle said, asks it in batches, and answers without a call where a known plan settles the
// question.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "model/cost_oracle.hpp"

namespace steward::advise {

/// Costs of statements under index sets (sorted positions of candidates). Reuse: a plan made with set X that uses only
/// U is also the plan for every Y with U <= Y <= X. That holds but for the planner's 1 % fuzzy comparison of paths, so
/// what is derived this way carries exact = false; ask for `Exact` before printing a figure.
class CostBook {
 public:
  /// `relevant[s]`: the candidates that can matter to statement s; others are dropped from every request.
  CostBook(model::CostModel& model, const std::vector<std::vector<std::size_t>>& relevant)
      : model_(model), relevant_(relevant), known_(relevant.size()) {}

  /// Makes sure that every (statement, set) is known, in one batch.
  void Fetch(const std::vector<std::pair<std::size_t, model::Configuration>>& wanted);

  /// The cost; asks the oracle when it is not known.
  const model::Cost& Get(std::size_t statement, const model::Configuration& set);

  /// As Fetch, but plans whatever was only derived.
  void FetchExact(const std::vector<std::pair<std::size_t, model::Configuration>>& wanted);

  [[nodiscard]] const std::vector<std::size_t>& Relevant(std::size_t statement) const { return relevant_[statement]; }
  [[nodiscard]] std::int64_t PlannerCalls() const { return model_.PlannerCalls(); }

 private:
  struct Entry {
    model::Configuration set;
    model::Cost cost;
  };
  [[nodiscard]] model::Configuration Project(std::size_t statement, const model::Configuration& set) const;
  Entry* Find(std::size_t statement, const model::Configuration& projected);
  bool Derive(std::size_t statement, const model::Configuration& projected);
  void Ask(const std::vector<std::pair<std::size_t, model::Configuration>>& wanted, bool exact);

  model::CostModel& model_;
  const std::vector<std::vector<std::size_t>>& relevant_;
  std::vector<std::vector<Entry>> known_;  // per statement, sorted by set
};

}  // namespace steward::advise
