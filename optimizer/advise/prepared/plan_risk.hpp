// What running a statement's generic plan risks, and what the server's plan cache does by itself. Pure.
#pragma once

#include "model/prepared_suggestion.hpp"

namespace steward::advise {

/// The worst of the values tried. A value counts as known where the generic plan's cost with it is, or its own plan is the
/// generic one; partitions that are pruned when the plan runs are no risk.
model::PlanRisk WorstOf(const model::PlanChoice& choice);

/// Whether the values tried tell of all others: extremes of each parameter are among them (16 sets of values have room for those of five), or
/// all had the same plan.
bool TellOfAll(const model::PreparedStatement& statement);

/// How much more the generic plan costs with what comes (drawn or sampled values where there are any) than plans made for it: the mean of
/// the ratios, each 1 or more. Of values of which it is not known nothing is in it.
double ExpectedRatio(const model::PlanChoice& choice);

/// The generic plan's own cost counts partitions that it leaves out when it runs; without them the plan cache would take it.
bool OnlyLooksDear(const model::PlanChoice& choice);

/// Mean cost of the plans made for values, over those that stand for what comes (drawn or sampled) where there are any.
std::optional<double> MeanCustomCost(const model::PlanChoice& choice);

/// The plan cache makes no plans for values then, whatever plan_cache_mode is.
bool HasNoParameters(const model::PlanChoice& choice);

/// What choose_custom_plan() of plancache.c does after five custom plans: generic where that costs less than the mean of these with
/// the charge for planning each; of a statement without parameters from the first on. kDepends where values differ on it.
model::AutoChoice AutoChoiceOf(const model::PlanChoice& choice);

}  // namespace steward::advise
