// See plan_risk.hpp.
#include "advise/prepared/plan_risk.hpp"

#include <algorithm>
#include <cmath>

namespace steward::advise {

using model::AutoChoice;
using model::PlanChoice;
using model::PlanChoiceValue;
using model::PlanRisk;

namespace {

// Planner costs can be nothing at all, as of a plan that is known to be empty.
constexpr double kLeastCost = 0.01;
constexpr int kMostExtremes = 5;  // parameters whose most and least common values are among 16 sets: ExtremesAmong() of the extension

std::optional<double> RatioOf(const PlanChoiceValue& value) {
  if (value.same_plan || value.kind == "none") return 1;
  if (!value.custom_cost || !value.generic_cost_here) return std::nullopt;
  return std::max(1.0, std::max(kLeastCost, *value.generic_cost_here) / std::max(kLeastCost, *value.custom_cost));
}

bool IsTypical(const PlanChoiceValue& value) {
  return value.kind == "drawn" || value.kind == "sample" || value.kind == "none";
}

// Mean over those that stand for what comes where there are any that `number` is known of, else over all.
template <typename Number>
std::optional<double> MeanOf(const PlanChoice& choice, const Number& number) {
  for (const bool typical_only : {true, false}) {
    double sum = 0;
    int count = 0;
    for (const PlanChoiceValue& value : choice.values) {
      const std::optional<double> one = number(value);
      if (!one || (typical_only && !IsTypical(value))) continue;
      sum += *one;
      ++count;
    }
    if (count > 0) return sum / count;
  }
  return std::nullopt;
}

std::optional<double> WithPlanning(const PlanChoiceValue& value) {
  return value.custom_cost ? std::optional(*value.custom_cost + value.planning_charge) : std::nullopt;
}

}  // namespace

PlanRisk WorstOf(const PlanChoice& choice) {
  PlanRisk worst;
  worst.known = !choice.values.empty();
  for (const PlanChoiceValue& value : choice.values) {
    const std::optional<double> ratio = RatioOf(value);
    if (!ratio) {
      worst.known = false;
      continue;
    }
    if (!worst.kind.empty() && *ratio <= worst.ratio) continue;
    worst.ratio = *ratio;
    worst.kind = value.kind;
    worst.frequency = value.frequency;
  }
  return worst;
}

std::optional<double> MeanCustomCost(const PlanChoice& choice) {
  return MeanOf(choice, [](const PlanChoiceValue& value) { return value.custom_cost; });
}

bool TellOfAll(const model::PreparedStatement& statement) {
  if (statement.untried == 0 && statement.compared <= kMostExtremes) return true;
  const std::vector<PlanChoiceValue>& values = statement.choice->values;
  return std::all_of(values.begin(), values.end(), [](const PlanChoiceValue& value) { return value.same_plan; });
}

double ExpectedRatio(const PlanChoice& choice) {
  return MeanOf(choice, RatioOf).value_or(1);
}

bool OnlyLooksDear(const PlanChoice& choice) {
  return choice.prunes && std::all_of(choice.values.begin(), choice.values.end(), [](const PlanChoiceValue& value) {
           return value.same_plan || (value.generic_cost_here && WithPlanning(value) && *value.generic_cost_here < *WithPlanning(value));
         });
}

bool HasNoParameters(const PlanChoice& choice) {
  return !choice.values.empty() && choice.values.front().kind == "none";
}

AutoChoice AutoChoiceOf(const PlanChoice& choice) {
  if (HasNoParameters(choice)) return AutoChoice::kGeneric;
  const std::optional<double> mean = MeanOf(choice, WithPlanning);
  if (!choice.generic_cost || !mean) return AutoChoice::kUnknown;
  // Five executions in a row may well be of one value: so each that was tried is asked for itself.
  bool generic = *choice.generic_cost < *mean;
  bool custom = !generic;
  for (const PlanChoiceValue& value : choice.values)
    if (const std::optional<double> cost = WithPlanning(value)) (*choice.generic_cost < *cost ? generic : custom) = true;
  if (generic && custom) return AutoChoice::kDepends;
  return generic ? AutoChoice::kGeneric : AutoChoice::kCustom;
}

}  // namespace steward::advise
