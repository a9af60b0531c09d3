// The parts of a report on statistics that the planner lacks.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/statistics_advice.hpp"

namespace steward::report {

/// The first ones, and how many more there are; empty without any.
std::string StatisticsText(const std::vector<model::StatisticsSuggestion>& suggestions);

/// A block each, complete; those that only need ANALYZE among them.
std::string StatisticsSql(const std::vector<model::StatisticsSuggestion>& suggestions);

/// One suggestion of steward.save_suggestions(jsonb).
nlohmann::ordered_json StatisticsJson(const model::StatisticsSuggestion& suggestion);

}  // namespace steward::report
