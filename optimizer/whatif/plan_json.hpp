// Reads what steward.whatif says about plans: templates and access paths, as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/cost_oracle.hpp"

namespace steward::whatif {

/// The positions of candidates that the server named by their number in a call, sorted. `candidates` are those of the
/// call, in order. db::Error for a number that was not in it, here and below, and for what is not of the expected form.
[[nodiscard]] model::Configuration NumberedCandidates(const std::vector<std::int64_t>& numbers,
                                                      const std::vector<std::size_t>& candidates);

/// {"internal": .., "slots": [[relation, outer, order, workers, startup_weight, total_weight, startup_cost, total_cost,
/// [candidates]], ..], "opaque_relids": [..]}
[[nodiscard]] model::PlanTemplate ParsePlanTemplate(const std::string& json,
                                                    const std::vector<std::size_t>& candidates);

/// [[relation, outer, order, workers, startup_cost, total_cost, [candidates]], ..]
[[nodiscard]] std::vector<model::AccessPath> ParseAccesses(const std::string& json,
                                                           const std::vector<std::size_t>& candidates);

/// A plan in EXPLAIN's JSON whose candidates go by number in the call (from 1), by position in the model (from 0).
std::string RenumberCandidates(const std::string& plan, const std::vector<std::size_t>& candidates);

}  // namespace steward::whatif
