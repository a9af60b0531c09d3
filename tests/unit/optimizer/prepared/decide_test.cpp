// Which statements are to be prepared, and how: the plan cache's own choice, the risk of the generic plan, and what is worth it.
#include <gtest/gtest.h>

#include <algorithm>

#include "advise/prepared/advise_prepared.hpp"
#include "advise/prepared/plan_risk.hpp"
#include "advise/prepared/pooler.hpp"
#include "unit/optimizer/prepared/prepared_workloads.hpp"

namespace steward::advise {
namespace {

using model::AutoChoice;
using model::PoolerVerdict;
using model::PreparedAction;
using test::ChoiceOf;
using test::ValueOf;

PreparedDecision DecisionOf(model::PreparedStatement statement, const std::string& mode = "auto", const model::PreparedWorkload& workload = {}) {
  statement.plan_cache_mode = mode;
  return Decide(statement, {}, workload);
}

// plancache.c: planning is charged 1000 * cpu_operator_cost * (relations + 1), 5 with one relation.
TEST(AutoChoiceTest, TheGenericPlanWinsWhereItCostsLessThanPlanningForValuesDoes) {
  EXPECT_EQ(AutoChoiceOf(ChoiceOf(14.9, {ValueOf("drawn", 10, 14.9)})), AutoChoice::kGeneric);
  EXPECT_EQ(AutoChoiceOf(ChoiceOf(15, {ValueOf("drawn", 10, 15)})), AutoChoice::kCustom);
  EXPECT_EQ(AutoChoiceOf(ChoiceOf(100, {ValueOf("common", 1000, 1000), ValueOf("rare", 10, 20)})), AutoChoice::kDepends);
  EXPECT_EQ(AutoChoiceOf({}), AutoChoice::kUnknown);
}

TEST(AutoChoiceTest, EachPlanIsChargedForItsOwnPlanning) {
  model::PlanChoice choice = ChoiceOf(20, {ValueOf("drawn", 10, 20), ValueOf("drawn", 10, 20)});
  choice.values[0].planning_charge = 15;  // more relations are left in its plan
  choice.values[1].planning_charge = 2.5;
  EXPECT_EQ(AutoChoiceOf(choice), AutoChoice::kDepends);
}

TEST(AutoChoiceTest, WithoutParametersThePlanIsGenericFromTheFirstOn) {
  EXPECT_EQ(AutoChoiceOf(ChoiceOf(100, {ValueOf("none", 10, 10)})), AutoChoice::kGeneric);
}

TEST(PlanRiskTest, TheWorstValueCountsWhateverTheOthersAre) {
  const model::PlanRisk risk = WorstOf(*test::Skewed().choice);
  EXPECT_TRUE(risk.known);
  EXPECT_DOUBLE_EQ(risk.ratio, 100);
  EXPECT_EQ(risk.kind, "common");
  EXPECT_DOUBLE_EQ(*risk.frequency, 0.9);
}

TEST(PlanRiskTest, AValueWithoutACostIsNotKnownUnlessItsPlanIsTheSame) {
  model::PlanChoice choice = ChoiceOf(20, {ValueOf("drawn", 10, std::nullopt)});
  EXPECT_FALSE(WorstOf(choice).known);
  choice.values.front().same_plan = true;
  EXPECT_TRUE(WorstOf(choice).known);
  EXPECT_FALSE(WorstOf(ChoiceOf(20, {})).known);
}

TEST(PlanRiskTest, CostsOfNothingAreNoRatio) {
  EXPECT_DOUBLE_EQ(WorstOf(ChoiceOf(0, {ValueOf("rare", 0, 0)})).ratio, 1);
}

TEST(DecideTest, AUniformStatementIsPreparedWithNothingToSet) {
  const PreparedDecision decision = DecisionOf(test::Extended());
  EXPECT_EQ(decision.action, PreparedAction::kPrepare);
  EXPECT_EQ(decision.auto_choice, AutoChoice::kGeneric);
  EXPECT_EQ(decision.set, "");
  EXPECT_NEAR(*decision.saved_per_call, 0.04 + 0.07, 1e-9);  // parsing as measured now, planning as captured
}

TEST(DecideTest, ParsingTakesAsMuchLongerThanMeasuredAsPlanningDid) {
  model::PreparedStatement statement = test::Extended();
  statement.choice->plan_time = 0.035;  // captured: 0.07
  EXPECT_NEAR(*DecisionOf(statement).saved_per_call, 2 * 0.04 + 0.07, 1e-9);
  statement.choice->plan_time = 0.001;  // captured with waits in it
  EXPECT_NEAR(*DecisionOf(statement).saved_per_call, 4 * 0.04 + 0.07, 1e-9);
  statement.choice->plan_time = 1;  // slow today: parsing is no quicker for that, and planning saves not all of it
  EXPECT_NEAR(*DecisionOf(statement).saved_per_call, 0.04 + 2 * 0.07, 1e-9);
}

TEST(DecideTest, PlanningTimeIsMeasuredNowWhereItWasNotCaptured) {
  model::PreparedStatement statement = test::Extended();
  statement.plans = 0;
  statement.total_plan_time = 0;
  EXPECT_NEAR(*DecisionOf(statement).saved_per_call, 0.04 + 0.07, 1e-9);
}

TEST(DecideTest, AGenericPlanThatIsAHundredTimesSlowerIsNeverAdvised) {
  for (const double times : {2.01, 100.0, 1e6}) {
    model::PreparedStatement statement = test::Skewed();
    statement.choice->values[0].generic_cost_here = times * 1800;
    statement.choice->values[2] = ValueOf("drawn", 1700, 1700);
    const PreparedDecision decision = DecisionOf(statement);
    EXPECT_EQ(decision.action, PreparedAction::kForceCustom);
    EXPECT_EQ(decision.set, "force_custom_plan");
    EXPECT_LE(decision.saved_per_call.value_or(0), 0.04);
  }
}

// Costs go with time in the mean only: a plan that is 1.9 times as dear for what comes gives back what planning took.
TEST(DecideTest, LongerExecutionIsNoSaving) {
  model::PreparedStatement statement = test::Extended();  // planning 0.07, execution 0.02
  statement.choice = ChoiceOf(14, {ValueOf("common", 10, 10), ValueOf("drawn", 10, 15), ValueOf("drawn", 10, 15)});
  EXPECT_EQ(DecisionOf(statement).action, PreparedAction::kPrepare);
  EXPECT_NEAR(*DecisionOf(statement).saved_per_call, 0.04 + 0.07 - 0.02 * 0.5, 1e-9);
  statement.total_exec_time = 10 * 200;  // 0.2 a call
  const PreparedDecision decision = DecisionOf(statement);
  EXPECT_EQ(decision.action, PreparedAction::kForceCustom);
  EXPECT_EQ(decision.set, "force_custom_plan");  // auto would take the generic plan
  EXPECT_NEAR(*decision.saved_per_call, 0.04, 1e-9);
}

TEST(DecideTest, TimesAreAsPreparingSavesThem) {
  model::PreparedStatement statement = test::Extended();  // parsing 0.04, planning 0.07, captured 0.07
  model::PreparedWorkload workload;
  workload.parse_scale = {0.01, 0.5};
  workload.plan_scale = {0.002, 1.2};
  const PreparedDecision decision = DecisionOf(statement, "auto", workload);
  EXPECT_NEAR(*decision.parse_time, 0.01 + 0.5 * 0.04, 1e-9);
  EXPECT_NEAR(*decision.plan_time, 0.002 + 1.2 * 0.07, 1e-9);
  EXPECT_NEAR(*decision.saved_per_call, *decision.parse_time + *decision.plan_time, 1e-9);
  statement.choice->parse_time = std::nullopt;
  EXPECT_FALSE(DecisionOf(statement, "auto", workload).parse_time.has_value());
}

TEST(DecideTest, WhatThePlanCacheRefusesIsNotForcedUponIt) {
  model::PreparedStatement statement = test::Extended();
  statement.simple_calls = statement.calls;
  statement.extended_calls = 0;
  statement.choice = ChoiceOf(19, {ValueOf("common", 10, 19), ValueOf("drawn", 10, 10)});  // safe, and 19 > 10 + 5
  const PreparedDecision decision = DecisionOf(statement);
  EXPECT_EQ(decision.auto_choice, AutoChoice::kCustom);
  EXPECT_EQ(decision.action, PreparedAction::kForceCustom);
  EXPECT_EQ(decision.set, "");
  EXPECT_NEAR(*decision.saved_per_call, 0.04, 1e-9);
  statement.choice->prunes = true;  // but not for what it prunes alone
  EXPECT_EQ(DecisionOf(statement).action, PreparedAction::kForceCustom);
}

TEST(DecideTest, NorOneOfWhichItIsNotKnown) {
  model::PreparedStatement statement = test::Extended();
  statement.choice->values[1] = ValueOf("rare", 5, std::nullopt);
  const PreparedDecision decision = DecisionOf(statement);
  EXPECT_EQ(decision.action, PreparedAction::kForceCustom);
  EXPECT_EQ(decision.set, "force_custom_plan");
}

// Of (x = ANY ($1)), LIKE and expressions no extremes are tried: two values with plans that cost alike say little of others.
TEST(DecideTest, ParametersThatWereNotTriedAreNotSafe) {
  model::PreparedStatement statement = test::Extended();
  statement.choice = ChoiceOf(9, {ValueOf("drawn", 8.3, 9), ValueOf("drawn", 8.3, 8.3)});
  EXPECT_EQ(DecisionOf(statement).action, PreparedAction::kPrepare);
  statement.untried = 1;
  EXPECT_EQ(DecisionOf(statement).action, PreparedAction::kForceCustom);
  EXPECT_FALSE(DecisionOf(statement).risk.known);
  const auto advice = AdvisePrepared(test::PreparedWorkloadOf({statement}), JudgePooler(std::nullopt), {});
  EXPECT_EQ(advice.suggestions.at(0).caveats.at(1), "no extreme values could be tried of 1 of its parameters");
  statement.choice->values[0].same_plan = true;
  EXPECT_EQ(DecisionOf(statement).action, PreparedAction::kPrepare);
}

TEST(DecideTest, NorAreMoreParametersThanValuesHaveRoomFor) {
  model::PreparedStatement statement = test::Extended();
  statement.choice = ChoiceOf(9, {ValueOf("common", 8.3, 9), ValueOf("drawn", 8.3, 8.3)});
  statement.compared = 5;
  EXPECT_EQ(DecisionOf(statement).action, PreparedAction::kPrepare);
  statement.compared = 6;
  EXPECT_EQ(DecisionOf(statement).action, PreparedAction::kForceCustom);
}

TEST(DecideTest, APartitionedTableThatIsPrunedWhenItRunsIsSafe) {
  model::PreparedStatement statement = test::Extended();
  statement.choice = ChoiceOf(830, {ValueOf("common", 8.3, 8.4), ValueOf("rare", 8.3, 8.3), ValueOf("drawn", 8.3, 8.3)});
  statement.choice->prunes = true;
  const PreparedDecision decision = DecisionOf(statement);
  EXPECT_EQ(decision.action, PreparedAction::kPrepare);
  EXPECT_EQ(decision.auto_choice, AutoChoice::kCustom);
  EXPECT_EQ(decision.set, "force_generic_plan");  // by itself the server would see the cost of all partitions
}

TEST(DecideTest, WhatIsPreparedAndSafeIsLeftAlone) {
  model::PreparedStatement statement = test::Extended();
  statement.generic_plan_calls = 9990;
  statement.custom_plan_calls = 10;
  EXPECT_EQ(DecisionOf(statement).why_none, "prepared already");
}

TEST(DecideTest, WhatIsPreparedAndHurtsIsToStop) {
  model::PreparedStatement statement = test::Skewed();
  statement.generic_plan_calls = 9990;
  const PreparedDecision decision = DecisionOf(statement);
  EXPECT_EQ(decision.action, PreparedAction::kStopPreparing);
  EXPECT_EQ(decision.set, "force_custom_plan");
  EXPECT_FALSE(decision.saved_per_call.has_value());
}

TEST(DecideTest, ValuesInTheTextAreToBeParametersFirst) {
  const PreparedDecision decision = DecisionOf(test::Simple());
  EXPECT_EQ(decision.action, PreparedAction::kParameterize);
  EXPECT_EQ(decision.then, PreparedAction::kPrepare);
  model::PreparedStatement skewed = test::Skewed();
  skewed.literals = 1;
  EXPECT_EQ(DecisionOf(skewed).then, PreparedAction::kForceCustom);
  model::PreparedStatement mixed = test::Simple();
  mixed.parameter_types = {"integer", "text"};  // one of two: a constant of the query
  EXPECT_EQ(DecisionOf(mixed).action, PreparedAction::kPrepare);
}

TEST(DecideTest, AStatementWithoutParametersIsPreparedAsItIs) {
  model::PreparedStatement statement = test::Simple();
  statement.parameter_types.clear();
  statement.literals = 0;
  statement.choice = ChoiceOf(8.3, {ValueOf("none", 8.3, 8.3)});
  EXPECT_EQ(DecisionOf(statement).action, PreparedAction::kPrepare);
  EXPECT_EQ(DecisionOf(statement, "force_custom_plan").set, "");  // which is not asked
}

TEST(DecideTest, WhetherItIsPreparedAlreadyIsToldWhereThePlanCacheWouldPlanAnyway) {
  model::PreparedStatement statement = test::Skewed();
  EXPECT_TRUE(DecisionOf(statement).perhaps_prepared);
  EXPECT_EQ(DecisionOf(statement).action, PreparedAction::kForceCustom);
  EXPECT_FALSE(DecisionOf(statement).saved_per_call.has_value());  // it may be parsed once already
  statement.simple_calls = statement.calls;
  statement.extended_calls = 0;
  EXPECT_DOUBLE_EQ(*DecisionOf(statement).saved_per_call, 0.04);
  EXPECT_FALSE(DecisionOf(test::Extended()).perhaps_prepared);  // prepared, it would run the generic plan
}

TEST(DecideTest, WhatIsNotWorthItSaysWhy) {
  model::PreparedStatement statement = test::Extended();
  statement.total_exec_time = 1e6;  // 100 ms a call
  EXPECT_EQ(DecisionOf(statement).why_none, "saves little beside its execution");
  statement.calls = 99;
  EXPECT_EQ(DecisionOf(statement).why_none, "few calls");
  statement.not_plannable = "utility";
  EXPECT_EQ(DecisionOf(statement).why_none, "not plannable: utility");
  statement = test::Extended();
  statement.choice->error = "permission denied";
  EXPECT_EQ(DecisionOf(statement).why_none, "not planned: permission denied");
  statement.choice.reset();
  EXPECT_EQ(DecisionOf(statement).why_none, "not looked at: others have more to save");
}

TEST(DecideTest, TheRolesOwnSettingIsTakenIntoAccount) {
  EXPECT_EQ(DecisionOf(test::Extended(), "force_custom_plan").set, "force_generic_plan");
  EXPECT_EQ(DecisionOf(test::Skewed(), "force_custom_plan").set, "");
  model::PreparedStatement other = test::Skewed(14);
  other.role = "report";
  other.plan_cache_mode = "force_custom_plan";
  const auto advice = AdvisePrepared(test::PreparedWorkloadOf({test::Skewed(), other}), JudgePooler(std::nullopt), {});
  ASSERT_EQ(advice.suggestions.size(), 2u);
  EXPECT_EQ(advice.suggestions[0].set, "force_custom_plan");
  EXPECT_EQ(advice.suggestions[1].set, "");
}

bool Says(const std::vector<std::string>& texts, const std::string& piece) {
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) { return text.find(piece) != std::string::npos; });
}

// plan_cache_mode is looked at when a statement runs: before a PREPARE it would only hit the others.
TEST(AdvisePreparedTest, TheSettingIsNotPartOfThePrepareText) {
  const auto direct = AdvisePrepared(test::PreparedWorkloadOf({test::Skewed()}), JudgePooler(std::nullopt), {});
  ASSERT_EQ(direct.suggestions.size(), 1u);
  EXPECT_EQ(direct.suggestions[0].prepare_sql.find("PREPARE "), 0u);
  EXPECT_EQ(direct.suggestions[0].prepare_sql.find("plan_cache_mode"), std::string::npos);
  EXPECT_TRUE(Says(direct.suggestions[0].caveats, "SET LOCAL in the transactions with this one, or ALTER ROLE app SET"));
  EXPECT_FALSE(Says(direct.suggestions[0].caveats, "never a plain SET"));
  const auto pooled = AdvisePrepared(test::PreparedWorkloadOf({test::Skewed()}), JudgePooler(PoolerFacts{124, "1.24", "transaction", 200}), {});
  EXPECT_TRUE(Says(pooled.suggestions.at(0).caveats, "never a plain SET"));
}

TEST(AdvisePreparedTest, OppositeSettingsOfOneRoleAreWarnedOf) {
  model::PreparedStatement pruned = test::Extended(15);
  pruned.choice = ChoiceOf(830, {ValueOf("common", 8.3, 8.4), ValueOf("drawn", 8.3, 8.3)});
  pruned.choice->prunes = true;
  const auto warnings = [&] { return AdvisePrepared(test::PreparedWorkloadOf({test::Skewed(), pruned}), JudgePooler(std::nullopt), {}).warnings; };
  EXPECT_TRUE(Says(warnings(), "statements of app take opposite settings"));
  pruned.role = "other";
  EXPECT_TRUE(warnings().empty());
}

model::PreparedStatement FiftyParameters() {
  model::PreparedStatement statement = test::Extended(50);
  statement.parameter_types.assign(50, "integer");
  statement.plannable = "SELECT 1 FROM public.orders WHERE (id = ANY (ARRAY[$1";
  for (int i = 2; i <= 50; ++i) statement.plannable += ", $" + std::to_string(i);
  statement.plannable += "]))";
  return statement;
}

TEST(AdvisePreparedTest, FiftyParametersHaveFiftyTypes) {
  const auto advice = AdvisePrepared(test::PreparedWorkloadOf({FiftyParameters()}), JudgePooler(std::nullopt), {});
  ASSERT_EQ(advice.suggestions.size(), 1u);
  const std::string& sql = advice.suggestions[0].prepare_sql;
  EXPECT_EQ(sql.find("PREPARE ps_" + advice.suggestions[0].id + " (integer, integer, "), 0u) << sql;
  EXPECT_EQ(std::count(sql.begin(), sql.begin() + static_cast<std::ptrdiff_t>(sql.find(" AS ")), ','), 49);
  EXPECT_EQ(sql.back(), ';');
}

TEST(AdvisePreparedTest, WhatHurtsComesFirstThenWhatSavesMost) {
  model::PreparedStatement stop = test::Skewed(1);
  stop.generic_plan_calls = stop.calls;
  model::PreparedStatement rare = test::Extended(2);
  rare.calls = rare.extended_calls = rare.plans = 200;
  const auto advice = AdvisePrepared(test::PreparedWorkloadOf({rare, test::Extended(3), stop}), JudgePooler(std::nullopt), {});
  ASSERT_EQ(advice.suggestions.size(), 3u);
  EXPECT_EQ(advice.suggestions[0].statement.queryid, 1);
  EXPECT_EQ(advice.suggestions[0].prepare_sql, "");
  EXPECT_EQ(advice.suggestions[1].statement.queryid, 3);
  EXPECT_DOUBLE_EQ(advice.suggestions[1].calls_per_hour, 5000);
  EXPECT_NEAR(*advice.suggestions[1].saved_per_hour, 0.11 * 5000, 1e-6);
}

TEST(AdvisePreparedTest, TheSameStatementHasTheSameIdInEveryRun) {
  model::PreparedStatement later = test::Extended();
  later.calls *= 2;
  later.extended_calls *= 2;
  const auto id = [](const model::PreparedStatement& statement) {
    return AdvisePrepared(test::PreparedWorkloadOf({statement}), JudgePooler(std::nullopt), {}).suggestions.at(0).id;
  };
  EXPECT_EQ(id(test::Extended()), id(later));
  EXPECT_NE(id(test::Extended()), id(test::Extended(77)));
}

TEST(AdvisePreparedTest, OnlyWhatHasMostToSaveIsPlanned) {
  model::PreparedStatement few = test::Extended(1);
  few.calls = 20;
  model::PreparedStatement utility = test::Extended(2);
  utility.not_plannable = "utility";
  model::PreparedStatement much = test::Extended(4);
  much.calls = 50000;
  const auto workload = test::PreparedWorkloadOf({few, utility, test::Extended(3), much});
  EXPECT_EQ(WorthPlanning(workload, 10, {}), (std::vector<std::size_t>{3, 2}));
  EXPECT_EQ(WorthPlanning(workload, 1, {}), (std::vector<std::size_t>{3}));
}

PoolerFacts Pgbouncer(int version, const std::string& mode, std::optional<std::int64_t> most = {}) {
  return {version, "1." + std::to_string(version - 100), mode, most};
}

TEST(PoolerTest, ThePoolersVersionDecides) {
  const auto verdict = [](const PoolerFacts& facts) { return JudgePooler(facts).verdict; };
  EXPECT_EQ(verdict(Pgbouncer(118, "transaction")), PoolerVerdict::kTooOld);
  EXPECT_EQ(verdict(Pgbouncer(120, "statement", 100)), PoolerVerdict::kTooOld);
  EXPECT_EQ(verdict(Pgbouncer(118, "session")), PoolerVerdict::kSession);
  EXPECT_EQ(verdict(Pgbouncer(121, "transaction")), PoolerVerdict::kTurnedOff);  // its default is 0
  EXPECT_EQ(verdict(Pgbouncer(121, "transaction", 100)), PoolerVerdict::kSupported);
  EXPECT_EQ(verdict(Pgbouncer(124, "transaction")), PoolerVerdict::kSupported);  // its default is 200
  EXPECT_EQ(verdict(Pgbouncer(124, "transaction", 0)), PoolerVerdict::kTurnedOff);
  EXPECT_EQ(JudgePooler(std::nullopt).verdict, PoolerVerdict::kNone);
}

// pgbouncer.ini has no version.
TEST(PoolerTest, WithoutAVersionTheSettingDecides) {
  PoolerFacts file{std::nullopt, "", "transaction", 200};
  EXPECT_EQ(JudgePooler(file).verdict, PoolerVerdict::kSupported);
  file.max_prepared_statements = 0;
  EXPECT_EQ(JudgePooler(file).verdict, PoolerVerdict::kTurnedOff);
  file.max_prepared_statements.reset();
  EXPECT_EQ(JudgePooler(file).verdict, PoolerVerdict::kUnknown);
  EXPECT_NE(JudgePooler(file).note.find("--pgbouncer-version"), std::string::npos);
  file.mode = "session";
  EXPECT_EQ(JudgePooler(file).verdict, PoolerVerdict::kSession);
  const auto unknown = AdvisePrepared(test::PreparedWorkloadOf({test::Extended()}), JudgePooler(PoolerFacts{std::nullopt, "", "transaction", {}}), {});
  EXPECT_EQ(unknown.suggestions.size(), 1u);
}

TEST(PoolerTest, TurnedOffItWithholdsAsTooOldDoes) {
  const auto advice = AdvisePrepared(test::PreparedWorkloadOf({test::Extended()}), JudgePooler(Pgbouncer(124, "transaction", 0)), {});
  EXPECT_TRUE(advice.suggestions.empty());
  EXPECT_EQ(advice.withheld.size(), 1u);
}

TEST(PoolerTest, BehindAnOldOneNothingIsToBePreparedAndWhatHurtsStillStops) {
  model::PreparedStatement stop = test::Skewed();
  stop.generic_plan_calls = stop.calls;
  const auto workload = test::PreparedWorkloadOf({test::Extended(), test::Simple(), stop});
  const auto old = AdvisePrepared(workload, JudgePooler(Pgbouncer(118, "transaction")), {});
  ASSERT_EQ(old.suggestions.size(), 1u);
  EXPECT_EQ(old.suggestions[0].action, PreparedAction::kStopPreparing);
  EXPECT_EQ(old.withheld.size(), 2u);
  EXPECT_NE(old.withheld[0].pooler_note.find("Upgrade to 1.21"), std::string::npos);
  EXPECT_EQ(old.warnings.size(), 1u);
  const auto newer = AdvisePrepared(workload, JudgePooler(Pgbouncer(124, "transaction", 200)), {});
  EXPECT_EQ(newer.suggestions.size(), 3u);
  EXPECT_TRUE(newer.withheld.empty());
  EXPECT_NE(newer.suggestions[1].pooler_note.find("work (max_prepared_statements = 200)"), std::string::npos);
}

}  // namespace
}  // namespace steward::advise
