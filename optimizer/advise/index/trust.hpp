// How far a suggestion's gain is to be believed: rows measured against rows estimated, and plans whose costs compare badly.
#pragma once

#include "advise/index/evidence.hpp"

namespace steward::advise {

/// Fills rows, estimated_rows_error and doubt, adds caveats and lowers confidence. Doubtful is a gain that rests on a scan
/// of the table indexed which returns ten times the rows estimated; and one most of which comes from serial plans in the
/// place of parallel ones, unless each costs less than one process's share of the parallel one. Ten times more or fewer
/// rows on other tables of the statements helped are a caveat.
void AddTrust(const EvidenceInput& in, model::IndexSuggestion& suggestion);

/// Names, in the caveats of doubtful suggestions, the statistics that would mend the estimates of their tables.
void PointToStatistics(const std::vector<model::StatisticsSuggestion>& statistics,
                       std::vector<model::IndexSuggestion>& suggestions);

/// The order of suggestions: those without a doubt, the most time at stake first; then those with one, the better
/// confidence first.
[[nodiscard]] bool RanksBefore(const model::IndexSuggestion& a, const model::IndexSuggestion& b);

}  // namespace steward::advise
