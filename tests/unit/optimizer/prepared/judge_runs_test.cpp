// What measuring says of a suggestion, and how a statement is measured.
#include <gtest/gtest.h>

#include "act/prepared_runs.hpp"
#include "advise/prepared/judge_runs.hpp"
#include "unit/optimizer/fake_database.hpp"
#include "unit/optimizer/prepared/prepared_workloads.hpp"

namespace steward::advise {
namespace {

using model::PreparedAction;

model::PreparedRuns RunsOf(const std::vector<double>& simple, const std::vector<double>& custom, const std::vector<double>& generic) {
  model::PreparedRuns runs;
  runs.values = static_cast<int>(simple.size());
  for (int i = 0; i < 8; ++i) {
    model::PreparedRuns::Round round;
    const auto shifted = [&](std::vector<double> times) {
      for (double& time : times) time += 0.01 * i;  // a machine that gets slower
      return times;
    };
    round.times[0] = shifted(simple);
    round.times[1] = shifted(custom);
    round.times[2] = shifted(generic);
    runs.rounds.push_back(round);
  }
  return runs;
}

model::PreparedSuggestion SuggestionOf(PreparedAction action) {
  model::PreparedSuggestion suggestion;
  suggestion.action = action;
  return suggestion;
}

TEST(JudgeRunsTest, WhatDriftsIsNoSaving) {
  model::PreparedSuggestion suggestion = SuggestionOf(PreparedAction::kPrepare);
  Judge(RunsOf({0.3, 0.3}, {0.2, 0.2}, {0.1, 0.1}), {}, suggestion);
  EXPECT_NEAR(suggestion.measured->saved, 0.2, 1e-9);
  EXPECT_NEAR(suggestion.measured->saved_high - suggestion.measured->saved_low, 0, 1e-9);
  EXPECT_EQ(suggestion.status, "verified");
}

TEST(JudgeRunsTest, AGenericPlanThatIsSlowForOneValueIsRejected) {
  model::PreparedSuggestion suggestion = SuggestionOf(PreparedAction::kParameterize);
  suggestion.then = PreparedAction::kPrepare;
  Judge(RunsOf({5, 0.3}, {5, 0.2}, {0.5, 4}), {}, suggestion);  // less in all, and worse for the second
  EXPECT_EQ(suggestion.status, "rejected");
  EXPECT_NE(suggestion.rejected_because.find("times as long"), std::string::npos);
}

TEST(JudgeRunsTest, WhatSavesNothingIsRejected) {
  model::PreparedSuggestion suggestion = SuggestionOf(PreparedAction::kForceCustom);
  Judge(RunsOf({0.2}, {0.25}, {0.1}), {}, suggestion);
  EXPECT_EQ(suggestion.status, "rejected");
  EXPECT_EQ(suggestion.rejected_because, "it saves nothing");
}

TEST(JudgeRunsTest, StoppingIsRejectedWhereTheGenericPlanIsQuick) {
  model::PreparedSuggestion suggestion = SuggestionOf(PreparedAction::kStopPreparing);
  Judge(RunsOf({0.3}, {0.2}, {0.1}), {}, suggestion);
  EXPECT_EQ(suggestion.status, "rejected");
  suggestion = SuggestionOf(PreparedAction::kStopPreparing);
  Judge(RunsOf({0.3}, {0.2}, {20}), {}, suggestion);
  EXPECT_EQ(suggestion.status, "verified");
}

// One round in four takes the other side.
model::PreparedRuns Scattered(double saved) {
  model::PreparedRuns runs = RunsOf({0.3}, {0.3}, {0.3 - saved});
  for (std::size_t i = 0; i < runs.rounds.size(); i += 4) runs.rounds[i].times[2][0] = runs.rounds[i].times[0][0] + 2 * saved;
  return runs;
}

TEST(JudgeRunsTest, WhatMayBeChanceIsLeftOpen) {
  for (const double saved : {0.01, -0.01}) {
    model::PreparedSuggestion suggestion = SuggestionOf(PreparedAction::kPrepare);
    suggestion.status = "open";
    Judge(Scattered(saved), {}, suggestion);
    EXPECT_EQ(suggestion.measured->error, "");
    EXPECT_EQ(suggestion.status, "open") << saved;
    EXPECT_FALSE(suggestion.measured->decided);
    EXPECT_EQ(suggestion.rejected_because, "");
  }
}

// Of 8 rounds the least and the largest: below or above both lie half or more once in 128 times each.
TEST(JudgeRunsTest, TheIntervalIsThatOfTheSignTest) {
  model::PreparedRuns runs = RunsOf({0}, {0}, {0});
  for (std::size_t i = 0; i < runs.rounds.size(); ++i) {
    runs.rounds[i].times[0][0] = 1 + 0.1 * static_cast<double>(i);
    runs.rounds[i].times[2][0] = 0;
  }
  const model::PreparedMeasurement eight = Summarize(runs, SuggestionOf(PreparedAction::kPrepare));
  EXPECT_NEAR(eight.saved_low, 1.0, 1e-9);
  EXPECT_NEAR(eight.saved_high, 1.7, 1e-9);
  runs.rounds.push_back(model::PreparedRuns::Round(runs.rounds.front()));  // one more: the second least and largest
  runs.rounds[8].times[0][0] = 0.9;
  const model::PreparedMeasurement nine = Summarize(runs, SuggestionOf(PreparedAction::kPrepare));
  EXPECT_NEAR(nine.saved_low, 1.0, 1e-9);
  EXPECT_NEAR(nine.saved_high, 1.6, 1e-9);
}

TEST(JudgeRunsTest, OnlyTypicalValuesAreWhatIsSaved) {
  model::PreparedRuns runs = RunsOf({5, 0.3}, {5, 0.25}, {1, 0.2});
  runs.kinds = {"common", "drawn"};
  model::PreparedSuggestion suggestion = SuggestionOf(PreparedAction::kPrepare);
  Judge(runs, {}, suggestion);
  EXPECT_NEAR(suggestion.measured->saved, 0.1, 1e-9);
  suggestion.planning_only = true;  // of what may be prepared already, with plans for its values
  Judge(runs, {}, suggestion);
  EXPECT_NEAR(suggestion.measured->saved, 0.05, 1e-9);
}

TEST(JudgeRunsTest, TooFewRoundsSayNothing) {
  model::PreparedRuns runs = RunsOf({0.3}, {0.2}, {0.1});
  runs.rounds.resize(5);
  model::PreparedSuggestion suggestion = SuggestionOf(PreparedAction::kPrepare);
  Judge(runs, {}, suggestion);
  EXPECT_EQ(suggestion.status, "");
  EXPECT_NE(suggestion.measured->error.find("--measure-time"), std::string::npos);
}

TEST(WithValuesTest, ParametersBecomeLiteralsAndNothingElseDoes) {
  EXPECT_EQ(act::WithValues("SELECT '$1', \"$2\" FROM t WHERE a = $1 AND b = $2 -- $1", {"text", "integer"}, {"it's", "7"}),
            "SELECT '$1', \"$2\" FROM t WHERE a = 'it''s'::text AND b = '7'::integer -- $1");
  EXPECT_EQ(act::WithValues("a = $1", {"text"}, {"a\\'b"}), "a = E'a\\\\''b'::text");
  EXPECT_EQ(act::WithValues("a = $3", {"text"}, {"x"}), "a = $3");
}

class FakeTimer : public db::RunTimer {
 public:
  double TimeText(const std::string& /*sql*/) override { return 0.3; }
  double TimePrepared(const std::string& name, const std::vector<std::string>& /*values*/) override {
    return name == "pgsteward_generic" ? 0.1 : 0.2;
  }
};

FakeTimer timer;

db::Result CallerOf(const char* super, const char* others, const char* untracked) {
  return test::OneRow({{"super", super}, {"others", others}, {"untracked", untracked}, {"role", "advisor"}});
}

test::FakeDatabase Server() {
  test::FakeDatabase database;
  database.On("AS untracked", CallerOf("f", "f", "t"));
  database.On("AS same", test::OneRow({{"same", "f"}}));
  database.On("steward.measure", test::OneRow({{"error", std::nullopt}}));
  database.On("plan_choice_values", db::Result({"kind", "texts"}, {{"common", "{1}"}, {"drawn", "{2}"}}));
  return database;
}

TEST(PreparedRunsTest, RunsThreeWaysInAReadOnlyTransactionAndCleansUp) {
  test::FakeDatabase database = Server();
  const model::PreparedRuns runs = act::RunPrepared(database, timer, test::Extended(), 0.02);
  EXPECT_EQ(runs.error, "");
  EXPECT_EQ(runs.values, 2);
  EXPECT_EQ(runs.kinds, (std::vector<std::string>{"common", "drawn"}));
  ASSERT_FALSE(runs.rounds.empty());
  EXPECT_EQ(runs.rounds[0].times[0], (std::vector<double>{0.3, 0.3}));
  EXPECT_EQ(runs.rounds[0].times[1], (std::vector<double>{0.2, 0.2}));
  EXPECT_EQ(runs.rounds[0].times[2], (std::vector<double>{0.1, 0.1}));
  EXPECT_EQ(database.Asked("BEGIN READ ONLY"), 1);
  EXPECT_EQ(database.Asked("SET LOCAL pg_steward.track = none"), 1);
  EXPECT_EQ(database.Asked("PREPARE pgsteward_generic (integer) AS"), 1);
  EXPECT_GE(database.Asked("SET LOCAL statement_timeout = "), 2);  // of the transaction, and of what is left
  ASSERT_GE(database.asked.size(), 2u);
  EXPECT_EQ(database.asked[database.asked.size() - 2], "ROLLBACK");
  EXPECT_EQ(database.asked.back(), "DEALLOCATE ALL");
}

// Answers `left` times; then as a server does where a statement has run too long.
class EndingTimer : public db::RunTimer {
 public:
  explicit EndingTimer(int left) : left_(left) {}
  double TimeText(const std::string& /*sql*/) override { return Next(); }
  double TimePrepared(const std::string& /*name*/, const std::vector<std::string>& /*values*/) override { return Next(); }

 private:
  double Next() {
    if (left_-- <= 0) db::Throw({"canceling statement due to statement timeout", "", "", "57014"});
    return 0.1;
  }

  int left_;
};

TEST(PreparedRunsTest, ARoundThatIsCutOffIsDropped) {
  test::FakeDatabase database = Server();
  EndingTimer ends(0);
  const model::PreparedRuns none = act::RunPrepared(database, ends, test::Extended(), 60);
  EXPECT_EQ(none.error, "");
  EXPECT_TRUE(none.rounds.empty());
  EndingTimer later(10'000);  // 3 ways of 2 values, each 1 to 15 times and once before
  const model::PreparedRuns some = act::RunPrepared(database, later, test::Extended(), 60);
  EXPECT_EQ(some.error, "");
  EXPECT_GE(some.rounds.size(), 10'000u / 96 - 2);
  for (const auto& round : some.rounds)
    for (const auto& way : round.times) EXPECT_EQ(way.size(), 2u);
}

TEST(PreparedRunsTest, NothingRunsWhenTheTimeIsOver) {
  test::FakeDatabase database = Server();
  EndingTimer untouched(0);
  const model::PreparedRuns runs = act::RunPrepared(database, untouched, test::Extended(), 0);
  EXPECT_EQ(runs.error, "");
  EXPECT_TRUE(runs.rounds.empty());
  EXPECT_EQ(database.Asked("SET LOCAL plan_cache_mode"), 1);  // of the warm-up, which ended there
}

TEST(PreparedRunsTest, WhatTheServerRefusesIsNotRun) {
  test::FakeDatabase database = Server();
  database.On("steward.measure", test::OneRow({{"error", "it calls a volatile function"}}));
  EXPECT_EQ(act::RunPrepared(database, timer, test::Extended(), 0.02).error, "it calls a volatile function");
  EXPECT_EQ(database.Asked("PREPARE"), 0);
}

TEST(PreparedRunsTest, WhoMustNotRunThemDoesNot) {
  const auto hint = [](const char* super, const char* others, const char* untracked) {
    test::FakeDatabase database = Server();
    database.On("AS untracked", CallerOf(super, others, untracked));
    EXPECT_NE(act::RunPrepared(database, timer, test::Extended(), 0.02).error, "");
    EXPECT_EQ(database.Asked("PREPARE"), 0);
    try {
      act::RequireMeasuringRole(database);
    } catch (const db::InsufficientPrivilege& error) {
      return error.hint();
    }
    return std::string("none");
  };
  EXPECT_EQ(hint("t", "f", "t"), "Measure as an ordinary role that owns the tables.");
  EXPECT_EQ(hint("f", "t", "t"), "Measure as the role that owns them.");
  EXPECT_EQ(hint("f", "f", "f"), "As a superuser: GRANT SET ON PARAMETER pg_steward.track TO advisor;");
}

TEST(PreparedRunsTest, WhatRunsItsArgumentIsLeftToItsOwnRole) {
  test::FakeDatabase database = Server();
  model::PreparedStatement statement = test::Extended();
  statement.plannable = "SELECT pg_catalog.Query_To_XML($1, true, false, ''::text) AS x";
  EXPECT_NE(act::RunPrepared(database, timer, statement, 0.02).error.find("runs its argument"), std::string::npos);
  EXPECT_EQ(database.Asked("PREPARE"), 0);
  database.On("AS same", test::OneRow({{"same", "t"}}));
  EXPECT_EQ(act::RunPrepared(database, timer, statement, 0.02).error, "");
}

TEST(PreparedRunsTest, AnErrorIsAnAnswer) {
  test::FakeDatabase database = Server();
  database.Fail("plan_choice_values", {"permission denied for table orders", "", "", "42501"});
  EXPECT_EQ(act::RunPrepared(database, timer, test::Extended(), 0.02).error, "permission denied for table orders");
}

}  // namespace
}  // namespace steward::advise
