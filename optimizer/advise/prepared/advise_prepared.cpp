// See advise_prepared.hpp.
#include "advise/prepared/advise_prepared.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "advise/prepared/plan_risk.hpp"
#include "model/index_definition.hpp"

namespace steward::advise {

using model::AutoChoice;
using model::Confidence;
using model::PoolerVerdict;
using model::PreparedAction;
using model::PreparedStatement;
using model::PreparedSuggestion;

namespace {

constexpr double kDay = 86400;
constexpr double kHour = 3600;
constexpr int kLocksAtEachRun = 180000;  // before, a generic plan locks all partitions whenever it runs

std::string Frequency(const model::PlanRisk& risk) {
  return risk.frequency ? fmt::format(", which {:.3g} % of the rows have", 100 * *risk.frequency) : "";
}

// "a common value, which 90 % of the rows have"
std::string KindText(const model::PlanRisk& risk) {
  const bool range = risk.kind == "wide" || risk.kind == "narrow";
  if (risk.kind == "none") return "there are no parameters";
  if (range) return "a " + risk.kind + " range" + (risk.frequency ? fmt::format(" of {:.3g} % of the rows", 100 * *risk.frequency) : "");
  return (risk.kind == "sample" ? "a captured value" : "a " + risk.kind + " value") + Frequency(risk);
}

std::string RiskText(const model::PlanRisk& risk) {
  const std::string worst = fmt::format("for {} the generic plan costs {:.3g} times a plan made for it", KindText(risk), risk.ratio);
  if (risk.known && risk.kind == "none") return "it has no parameters, so that each plan is the same";
  if (risk.known) return worst;
  return risk.ratio > 1 ? worst + ", and of other values it is not known" : "what the generic plan costs with some values is not known";
}

std::string AutoText(AutoChoice choice, const std::string& set) {
  const std::string then = set.empty() ? "" : "; it takes plan_cache_mode = " + set;
  switch (choice) {
    case AutoChoice::kGeneric:
      return "plan_cache_mode = auto takes the generic plan from the sixth execution on" + then;
    case AutoChoice::kCustom:
      return "plan_cache_mode = auto goes on planning for each set of values" + then;
    case AutoChoice::kDepends:
      return "which plan plan_cache_mode = auto takes depends on the values of the first five executions" + then;
    default:
      return "what plan_cache_mode = auto does is not known" + then;
  }
}

std::string ReasonOf(const PreparedDecision& decision) {
  const PreparedAction plan = decision.action == PreparedAction::kParameterize ? decision.then : decision.action;
  std::string text;
  if (decision.action == PreparedAction::kParameterize) text = "its values stand in its text: send them as parameters first. ";
  if (plan == PreparedAction::kPrepare) text += "the generic plan is safe: ";
  if (plan == PreparedAction::kForceCustom && decision.safe) text += "planning for the values pays: ";
  if (plan == PreparedAction::kForceCustom && !decision.safe) text += "the plan depends on the values: ";
  if (plan == PreparedAction::kStopPreparing) text += "it is prepared, and its generic plan hurts: ";
  if (decision.risk.kind == "none") return text + RiskText(decision.risk) + " and is kept from the first execution on";
  return text + RiskText(decision.risk) + ". " + AutoText(decision.auto_choice, decision.set);
}

bool DrawnFromStatistics(const model::PlanChoice& choice) {
  return std::any_of(choice.values.begin(), choice.values.end(), [](const auto& value) { return value.method == "statistics"; });
}

// The plan cache looks at the setting at each execution of any statement, not when one is prepared.
std::string HowToSet(const std::string& set, const std::string& role, PoolerVerdict pooler) {
  const bool shares = pooler != PoolerVerdict::kNone && pooler != PoolerVerdict::kSession;
  return fmt::format("plan_cache_mode = {} counts for all statements that a session runs: SET LOCAL in the transactions with this one, or ALTER ROLE {} SET "
                     "where that runs only such statements{}", set, role, shares ? "; never a plain SET, which the pooler leaves to other clients" : "");
}

void AddCaveats(const model::PreparedWorkload& workload, const model::PreparedPooler& pooler, const PreparedDecision& decision,
                PreparedSuggestion& row) {
  const model::PlanChoice& choice = *row.statement.choice;
  const auto lower = [&](Confidence to) { row.confidence = std::max(row.confidence, to); };
  row.confidence = Confidence::kHigh;
  if (row.statement.seconds < kDay) {
    lower(Confidence::kMedium);
    row.caveats.push_back("provisional: less than a day of data");
  }
  if (DrawnFromStatistics(choice)) lower(Confidence::kMedium);
  if (!decision.risk.known) lower(Confidence::kMedium);
  if (row.statement.untried > 0) {
    lower(Confidence::kMedium);
    row.caveats.push_back(fmt::format("no extreme values could be tried of {} of its parameters{}", row.statement.untried,
                                      decision.risk.known ? "; all that were tried had the same plan" : ""));
  }
  if (decision.perhaps_prepared) {
    lower(Confidence::kLow);
    row.caveats.push_back("it comes by the extended protocol with plans made for its values: capture cannot tell whether it is parsed each time, so that parsing is not promised");
  }
  if (!row.set.empty()) row.caveats.push_back(HowToSet(row.set, row.statement.role, pooler.verdict));
  if (row.statement.plan_cache_mode != "auto")
    row.caveats.push_back(fmt::format("plan_cache_mode is {} for {} in this database", row.statement.plan_cache_mode, row.statement.role));
  if (row.action == PreparedAction::kParameterize)
    row.caveats.push_back("with parameters it has another query id; values that never change may stay in the text");
  if (choice.prunes && workload.server.version_num < kLocksAtEachRun && row.action != PreparedAction::kStopPreparing)
    row.caveats.push_back("before PostgreSQL 18 a generic plan locks all partitions whenever it runs");
}

PreparedSuggestion Suggest(const model::PreparedWorkload& workload, const model::PreparedPooler& pooler, const PreparedStatement& statement,
                           const PreparedDecision& decision) {
  PreparedSuggestion row;
  row.id = model::SuggestionId("prepared", workload.server.database, fmt::format("{}/{}", statement.role, statement.queryid));
  row.statement = statement;
  row.action = decision.action;
  row.then = decision.then;
  row.reason = ReasonOf(decision);
  const double hours = std::max(statement.seconds, model::kShortestRateWindow) / kHour;
  row.calls_per_hour = static_cast<double>(statement.calls) / hours;
  row.parse_time = decision.parse_time;
  row.plan_time = decision.plan_time;
  row.saved_per_call = decision.saved_per_call;
  row.planning_only = decision.perhaps_prepared;
  if (decision.saved_per_call) row.saved_per_hour = *decision.saved_per_call * decision.unprepared_calls / hours;
  row.generic_cost = statement.choice->generic_cost;
  row.custom_cost = MeanCustomCost(*statement.choice);
  row.risk = decision.risk;
  row.auto_choice = decision.auto_choice;
  row.set = decision.set;
  if (decision.action != PreparedAction::kStopPreparing)
    row.prepare_sql = PrepareSql(statement, "ps_" + row.id);
  row.pooler_note = pooler.note;
  AddCaveats(workload, pooler, decision, row);
  return row;
}

bool Withholds(PoolerVerdict verdict) {
  return verdict == PoolerVerdict::kTooOld || verdict == PoolerVerdict::kTurnedOff;
}

bool ComesFirst(const PreparedSuggestion& a, const PreparedSuggestion& b) {
  const bool a_hurts = a.action == PreparedAction::kStopPreparing;
  const bool b_hurts = b.action == PreparedAction::kStopPreparing;
  if (a_hurts != b_hurts) return a_hurts;
  if (a_hurts) return a.risk.ratio > b.risk.ratio;
  return a.saved_per_hour.value_or(0) > b.saved_per_hour.value_or(0);
}

void WarnOfPooler(const model::PreparedWorkload& workload, model::PreparedAdvice& advice) {
  if (advice.pooler.verdict != PoolerVerdict::kTooOld && advice.pooler.verdict != PoolerVerdict::kTurnedOff) return;
  const auto prepared = std::count_if(workload.statements.begin(), workload.statements.end(),
                                      [](const PreparedStatement& statement) { return statement.generic_plan_calls > 0; });
  if (prepared > 0)
    advice.warnings.push_back(fmt::format("{} statement{} prepared now: where they come through this pooler, they fail with \"prepared "
                                          "statement does not exist\"", prepared, prepared == 1 ? " is" : "s are"));
}

void WarnOfOpposites(model::PreparedAdvice& advice) {
  std::map<std::string, std::set<std::string>> settings;
  for (const auto* rows : {&advice.suggestions, &advice.withheld})
    for (const PreparedSuggestion& row : *rows)
      if (!row.set.empty()) settings[row.statement.role].insert(row.set);
  for (const auto& [role, of_role] : settings)
    if (of_role.size() > 1)
      advice.warnings.push_back(fmt::format("statements of {} take opposite settings of plan_cache_mode: set it in their transactions, not for the role", role));
}

}  // namespace

std::string PrepareSql(const PreparedStatement& statement, const std::string& name) {
  if (statement.plannable.find_first_not_of(' ') == std::string::npos) return "";
  const std::string types =
      statement.parameter_types.empty() ? "" : fmt::format(" ({})", fmt::join(statement.parameter_types, ", "));
  return fmt::format("PREPARE {}{} AS {};", name, types, statement.plannable.substr(statement.plannable.find_first_not_of(' ')));
}

std::vector<std::size_t> WorthPlanning(const model::PreparedWorkload& workload, std::size_t most, const PreparedOptions& options) {
  // Parsing takes about as long as planning; where that was not measured any number of calls comes first.
  const auto potential = [&](std::size_t i) {
    const PreparedStatement& statement = workload.statements[i];
    return static_cast<double>(statement.calls) * statement.MeanPlanTime().value_or(1);
  };
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < workload.statements.size(); ++i)
    if (workload.statements[i].not_plannable.empty() && workload.statements[i].calls >= options.min_calls) places.push_back(i);
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) { return potential(a) > potential(b); });
  if (places.size() > most) places.resize(most);
  return places;
}

model::PreparedAdvice AdvisePrepared(const model::PreparedWorkload& workload, const model::PreparedPooler& pooler,
                                     const PreparedOptions& options) {
  model::PreparedAdvice advice;
  advice.server = workload.server;
  advice.plan_cache_mode = workload.plan_cache_mode;
  advice.pooler = pooler;
  for (const PreparedStatement& statement : workload.statements) {
    ++advice.statements;
    advice.exec_time += statement.total_exec_time;
    if (statement.choice && statement.choice->error.empty()) {
      ++advice.statements_planned;
      advice.exec_time_planned += statement.total_exec_time;
    }
    const PreparedDecision decision = Decide(statement, options, workload);
    if (decision.action == PreparedAction::kNone) {
      ++advice.nothing_to_do[decision.why_none];
      continue;
    }
    PreparedSuggestion row = Suggest(workload, pooler, statement, decision);
    const bool withheld = row.action != PreparedAction::kStopPreparing && Withholds(pooler.verdict);
    (withheld ? advice.withheld : advice.suggestions).push_back(std::move(row));
  }
  std::stable_sort(advice.suggestions.begin(), advice.suggestions.end(), ComesFirst);
  std::stable_sort(advice.withheld.begin(), advice.withheld.end(), ComesFirst);
  WarnOfPooler(workload, advice);
  WarnOfOpposites(advice);
  return advice;
}

}  // namespace steward::advise
