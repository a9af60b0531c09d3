// What measuring says of a suggestion. Pure.
#pragma once

#include "advise/prepared/decide.hpp"
#include "model/prepared_runs.hpp"
#include "model/prepared_suggestion.hpp"

namespace steward::advise {

/// Medians and quartiles over the rounds; what was saved is the median of the rounds' differences, so that what drifts meets
/// all ways alike. `generic`: the suggestion is the generic plan.
model::PreparedMeasurement Summarize(const model::PreparedRuns& runs, bool generic);

/// Sets what was measured, and the status: verified; or rejected, with the reason, where it saves nothing, or the generic plan takes
/// longer for a value than `options.worst_ratio` allows.
void Judge(const model::PreparedRuns& runs, const PreparedOptions& options, model::PreparedSuggestion& suggestion);

}  // namespace steward::advise
