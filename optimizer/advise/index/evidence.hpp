// From a chosen set to suggestions people can judge: who is helped and hurt, what it costs, how far to trust it.
#pragma once

#include <vector>

#include "advise/index/candidates.hpp"
#include "advise/index/cost_book.hpp"
#include "advise/index/partitions.hpp"
#include "model/suggestion.hpp"

namespace steward::advise {

/// All that the evidence is drawn from. Costs in `before` and `after` are those of the empty and the final set,
/// planned.
struct EvidenceInput {
  const model::Workload& workload;
  const Partitions& partitions;
  const std::vector<const model::Statement*>& statements;
  const Candidates& candidates;
  const std::vector<model::CandidateSize>& sizes;  // of what is to be built
  const model::Configuration& chosen;
  const std::vector<model::Cost>& before;  // per statement
  const std::vector<model::Cost>& after;
};

/// True when the plan behind `after` uses `candidate` and is cheaper than `before` by more than the planner's fuzziness
/// (1 %).
bool Helps(std::size_t candidate, const model::Cost& before, const model::Cost& after);

/// One suggestion per chosen candidate that a plan uses, in the order of RanksBefore.
std::vector<model::IndexSuggestion> BuildSuggestions(const EvidenceInput& input);

}  // namespace steward::advise
