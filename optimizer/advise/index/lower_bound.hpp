// What no set of candidates can beat.
#pragma once

#include <optional>
#include <vector>

#include "advise/index/cost_book.hpp"

namespace steward::advise {

/// More candidates are not planned with at once: the planner weighs combinations of them.
inline constexpr std::size_t kMostPresent = 300;

/// The cost of each statement with all the `affordable` candidates that can matter to it, or with another set (of those
/// in `after`) that the planner found cheaper; one planning each, whatever the limit. It knows no budget for all of them
/// together, and is as good as the planner's comparison of paths (1 %). None where a statement has too many candidates.
std::optional<std::vector<double>> LowerBounds(CostBook& book, const std::vector<bool>& affordable,
                                               const std::vector<model::Cost>& before, const std::vector<model::Cost>& after);

}  // namespace steward::advise
