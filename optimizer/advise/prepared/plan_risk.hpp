// What running a statement's generic plan risks, and what the server's plan cache does by itself. Pure.
#pragma once

#include "model/prepared_suggestion.hpp"

namespace steward::advise {

/// The worst of the values tried. A value counts as known where the generic plan's cost with it is, or its own plan is the
/// generic one; partitions that are pruned when the plan runs are no risk.
model::PlanRisk WorstOf(const model::PlanChoice& choice);

/// Mean cost of the plans made for values, over those that stand for what comes (drawn or sampled) where there are any.
std::optional<double> MeanCustomCost(const model::PlanChoice& choice);

/// What choose_custom_plan() of plancache.c does after five custom plans: generic, unless it costs more than their mean
/// and the charge for planning them. kDepends where that differs from one value tried to another.
model::AutoChoice AutoChoiceOf(const model::PlanChoice& choice);

}  // namespace steward::advise
