// What measuring says of a suggestion. Pure.
#pragma once

#include "advise/prepared/decide.hpp"
#include "model/prepared_runs.hpp"
#include "model/prepared_suggestion.hpp"

namespace steward::advise {

/// What is saved is compared within each round, so that what drifts meets all ways alike, and against what the prediction is against:
/// text, or plans for values where only planning is predicted; of stop_preparing the generic plan. Over typical values; 6 rounds or more.
model::PreparedMeasurement Summarize(const model::PreparedRuns& runs, const model::PreparedSuggestion& suggestion);

/// Sets what was measured, and the status where the 95 % interval of the median over the rounds decides: verified, or rejected with the
/// reason, where it saves nothing, or the generic plan takes longer for a value than `options.worst_ratio` allows. Else it stays.
void Judge(const model::PreparedRuns& runs, const PreparedOptions& options, model::PreparedSuggestion& suggestion);

}  // namespace steward::advise
