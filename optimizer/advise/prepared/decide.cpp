// See decide.hpp.
#include "advise/prepared/decide.hpp"

#include <algorithm>

#include "advise/prepared/plan_risk.hpp"

namespace steward::advise {

using model::AutoChoice;
using model::PreparedAction;
using model::PreparedStatement;

namespace {

constexpr std::int64_t kEnoughPlans = 10;  // that their mean says more than a measurement apart from the load
constexpr double kMuch = 0.1;              // of the calls, so that what they do is no accident

std::string Unplannable(const PreparedStatement& statement, const PreparedOptions& options) {
  if (!statement.not_plannable.empty()) return "not plannable: " + statement.not_plannable;
  if (statement.calls < options.min_calls) return "few calls";
  if (!statement.choice) return "not looked at: others have more to save";
  if (!statement.choice->error.empty()) return "not planned: " + statement.choice->error;
  return "";
}

AutoChoice ChoiceUnder(const std::string& plan_cache_mode, const model::PlanChoice& choice, AutoChoice automatic) {
  if (HasNoParameters(choice)) return automatic;
  if (plan_cache_mode == "force_generic_plan") return AutoChoice::kGeneric;
  if (plan_cache_mode == "force_custom_plan") return AutoChoice::kCustom;
  return automatic;
}

// Both were measured apart from the load, and are what preparing saves there; planning was captured in it too. Where that took
// longer, the caches are colder in the load, and parsing takes longer as well.
void SetTimes(const PreparedStatement& statement, const model::PreparedWorkload& workload, PreparedDecision& decision) {
  constexpr double kMostLonger = 4;  // beyond, some plannings waited for something
  constexpr double kMostSaved = 2;   // of what captured planning took, however slow the server is now
  const model::PlanChoice& choice = *statement.choice;
  double longer = 1;
  if (choice.plan_time) decision.plan_time = workload.plan_scale.Of(*choice.plan_time);
  if (statement.plans >= kEnoughPlans) {
    const double captured = *statement.MeanPlanTime();
    if (decision.plan_time.value_or(0) > 0) longer = std::clamp(captured / *decision.plan_time, 1.0, kMostLonger);
    decision.plan_time = std::clamp(decision.plan_time.value_or(0), captured, kMostSaved * captured);
  }
  if (choice.parse_time) decision.parse_time = workload.parse_scale.Of(*choice.parse_time) * longer;
}

bool ValuesInText(const PreparedStatement& statement) {
  return statement.literals > 0 && statement.literals == static_cast<int>(statement.parameter_types.size());
}

// What the generic plan takes longer in execution than plans for the values, as far as time goes with the planner's costs.
double LongerExecution(const PreparedStatement& statement) {
  return statement.MeanExecTime() * (ExpectedRatio(*statement.choice) - 1);
}

// How the statement is to run once it is prepared, and what that saves.
void ChoosePlan(const PreparedStatement& statement, bool safe, AutoChoice now, PreparedDecision& decision) {
  const double planning = decision.plan_time.value_or(0) - LongerExecution(statement);
  // The plan cache knows costs that we do not know better, but for partitions.
  const bool allowed = decision.auto_choice != AutoChoice::kCustom || OnlyLooksDear(*statement.choice);
  const bool generic = safe && allowed && planning >= 0;
  decision.safe = safe;
  decision.action = generic ? PreparedAction::kPrepare : PreparedAction::kForceCustom;
  if (generic && now != AutoChoice::kGeneric) decision.set = "force_generic_plan";
  if (!generic && now != AutoChoice::kCustom) decision.set = "force_custom_plan";
  decision.unprepared_calls = static_cast<double>(std::max<std::int64_t>(0, statement.calls - statement.generic_plan_calls));
  // Prepared already or parsed each time: both have plans for their values where that is what the plan cache chooses.
  decision.perhaps_prepared = statement.extended_calls > statement.simple_calls && now != AutoChoice::kGeneric;
  if (!decision.parse_time) return;
  const double parse = decision.perhaps_prepared ? 0 : *decision.parse_time;  // not to promise what is had already
  if (generic || !decision.perhaps_prepared) decision.saved_per_call = parse + (generic ? planning : 0);
}

bool IsWorth(const PreparedStatement& statement, const PreparedDecision& decision, double min_share) {
  if (!decision.parse_time) return false;
  const double whole = *decision.parse_time + decision.plan_time.value_or(0) + statement.MeanExecTime();
  // Where nothing is promised, what it may save is looked at.
  return whole > 0 && decision.saved_per_call.value_or(*decision.parse_time) >= min_share * whole;
}

}  // namespace

PreparedDecision Decide(const PreparedStatement& statement, const PreparedOptions& options, const model::PreparedWorkload& workload) {
  PreparedDecision decision;
  decision.why_none = Unplannable(statement, options);
  if (!decision.why_none.empty()) return decision;
  const model::PlanChoice& choice = *statement.choice;
  decision.risk = WorstOf(choice);
  decision.risk.known = decision.risk.known && TellOfAll(statement);
  decision.auto_choice = AutoChoiceOf(choice);
  SetTimes(statement, workload, decision);
  const bool hurts = decision.risk.ratio > options.worst_ratio;
  const auto generic_calls = static_cast<double>(statement.generic_plan_calls);
  if (hurts && generic_calls > kMuch * static_cast<double>(statement.calls)) {
    decision.action = PreparedAction::kStopPreparing;
    decision.set = "force_custom_plan";
    return decision;
  }
  if (generic_calls > 0.5 * static_cast<double>(statement.calls)) {
    decision.why_none = "prepared already";
    return decision;
  }
  ChoosePlan(statement, decision.risk.known && !hurts, ChoiceUnder(statement.plan_cache_mode, choice, decision.auto_choice), decision);
  if (!IsWorth(statement, decision, options.min_share)) {
    decision.why_none = "saves little beside its execution";
    decision.action = PreparedAction::kNone;
    decision.set.clear();
    return decision;
  }
  if (ValuesInText(statement)) {
    decision.then = decision.action;
    decision.action = PreparedAction::kParameterize;
  }
  return decision;
}

}  // namespace steward::advise
