// Statistics that the planner lacks, from scans whose estimates were found wrong. Pure.
#pragma once

#include <vector>

#include "model/statistics_advice.hpp"
#include "model/workload.hpp"

namespace steward::advise {

/// The most time in the statements first. Of a table that was never analyzed: ANALYZE. Where a scan with equality
/// conditions on two columns or more is misjudged and no extended statistics hold them: CREATE STATISTICS on all of them
/// (those of a wider set serve a narrower one). Where a scan's only conditions are on one column: a larger statistics
/// target. A scan with other conditions as well lowers the confidence: they may be what is misjudged.
std::vector<model::StatisticsSuggestion> AdviseStatistics(const model::Workload& workload);

}  // namespace steward::advise
