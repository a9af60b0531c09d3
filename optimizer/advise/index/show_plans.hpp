// Which plans to have made so that estimates are good: the planner shows its plans one at a time.
#pragma once

#include <cstddef>
#include <vector>

#include "advise/index/cost_book.hpp"

namespace steward::advise {

/// Plans each of `statements` with the best of its `allowed` candidates present; then without those that the plan used, one
/// at a time, so that it shows what it would do instead; and with the best candidate of each way of reading a relation
/// alone. At most `per_statement` plannings of each, at least one.
void ShowPlans(CostBook& book, const std::vector<std::size_t>& statements, const std::vector<bool>& allowed,
               std::size_t per_statement);

}  // namespace steward::advise
