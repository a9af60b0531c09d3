// The command line of "advise prepared" and "snapshot prepared", what is read for them, and what the commands do around the advice.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "advise/prepared/advise_prepared.hpp"
#include "advise/prepared/pooler.hpp"
#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/prepared_measure.hpp"
#include "collect/prepared_workload.hpp"
#include "collect/workload_json.hpp"
#include "db/error.hpp"
#include "db/run_timer.hpp"
#include "unit/optimizer/fake_database.hpp"
#include "unit/optimizer/prepared/prepared_workloads.hpp"
#include "unit/optimizer/refusal.hpp"

namespace steward::cli {
namespace {

TEST(PreparedArgumentsTest, ReadsWhatIsAskedFor) {
  const Arguments arguments = ParseArguments({"advise", "prepared", "-d", "shop", "--measure", "--measure-time", "500ms", "--min-calls", "5",
                                              "--pgbouncer-version", "1.18", "--pool-mode", "session", "--limit", "3", "--no-save"});
  EXPECT_EQ(arguments.command, Command::kAdvisePrepared);
  EXPECT_TRUE(arguments.opens_session);
  EXPECT_TRUE(arguments.prepared.measure);
  EXPECT_DOUBLE_EQ(arguments.prepared.measure_seconds, 0.5);
  EXPECT_EQ(arguments.prepared.min_calls, 5);
  EXPECT_EQ(arguments.prepared.pooler, 118);
  EXPECT_EQ(arguments.prepared.pool_mode, "session");
  EXPECT_EQ(arguments.limit, 3);
  EXPECT_FALSE(arguments.save);
  EXPECT_FALSE(ParseArguments({"advise", "prepared", "--from", "f"}).opens_session);
  EXPECT_EQ(ParseArguments({"snapshot", "prepared", "-o", "f"}).command, Command::kSnapshotPrepared);
}

TEST(PreparedArgumentsTest, WhatDoesNotFitIsRefused) {
  EXPECT_EQ(test::Refusal({"advise", "prepared", "--measure-time", "1s"}), "option \"--measure-time\" is of --measure");
  EXPECT_EQ(test::Refusal({"advise", "prepared", "--measure", "--measure-time", "1h"}), "invalid value for option \"--measure-time\"");
  EXPECT_EQ(test::Refusal({"advise", "prepared", "--min-calls", "0"}), "invalid value for option \"--min-calls\"");
  EXPECT_EQ(test::Refusal({"advise", "prepared", "--pgbouncer-version", "new"}), "invalid value for option \"--pgbouncer-version\"");
  EXPECT_EQ(test::Refusal({"advise", "prepared", "--pool-mode", "session"}), "option \"--pool-mode\" is of a PgBouncer named by --pgbouncer-version");
  EXPECT_EQ(test::Refusal({"advise", "prepared", "--pgbouncer-version", "1.21", "--pool-mode", "x"}), "invalid value for option \"--pool-mode\"");
  EXPECT_EQ(test::Refusal({"advise", "prepared", "--console", "c", "--pgbouncer-version", "1.21"}),
            "options \"--console\" and \"--pgbouncer-version\" exclude each other");
  EXPECT_EQ(test::Refusal({"advise", "prepared", "--from", "f", "--measure"}), "options \"--from\" and \"--measure\" exclude each other");
  EXPECT_EQ(test::Refusal({"snapshot", "prepared"}), "no output file given");
}

db::Result Statements() {
  return {{"userid", "dbid", "queryid", "role", "query", "calls", "simple_calls", "extended_calls", "generic_plan_calls", "custom_plan_calls",
           "plans", "total_plan_time", "total_exec_time", "seconds", "plan_cache_mode", "costable", "reason", "plannable", "parameter_types", "literals", "compared", "untried"},
          {{"10", "5", "11", "app", "SELECT 1 FROM t WHERE id = $1", "1000", "1000", "0", "0", "0", "1000", "60", "20", "3600", "auto", "t", std::nullopt,
            "SELECT 1 FROM public.t WHERE (id = $1)", "{integer}", "1", "1", "0"},
           {"10", "5", "12", "app", "VACUUM", "500", "500", "0", "0", "0", "0", "0", "9", "3600", "auto", std::nullopt, std::nullopt, std::nullopt,
            std::nullopt, std::nullopt, "0", "0"},
           {"11", "5", std::nullopt, "other", "<insufficient privilege>", "500", "500", "0", "0", "0", "0", "0", "9", "3600", "auto", std::nullopt,
            std::nullopt, std::nullopt, std::nullopt, std::nullopt, "0", "0"}}};
}

db::Result Choices() {
  const std::vector<std::string> columns = {"statement", "kind", "parse_time", "plan_time", "planning_charge", "generic_cost", "custom_cost", "generic_cost_here",
                                            "same_plan", "frequency", "prunes", "method", "sqlstate", "error"};
  return {columns,
          {{"1", "common", "0.05", "0.06", "5", "8.3", "8.3", "8.3", "t", "0.001", "f", "statistics", std::nullopt, std::nullopt},
           {"1", "rare", "0.05", "0.06", "5", "8.3", "8.3", std::nullopt, "t", std::nullopt, "f", "statistics", std::nullopt, std::nullopt}}};
}

test::FakeDatabase Server() {
  test::FakeDatabase database;
  database.On("pg_backend_pid()", test::OneRow({{"pid", "4711"}, {"address", std::nullopt}, {"port", "5432"}}));
  database.On("FROM pg_extension", db::Result({"x"}, {{"1"}}));
  database.On("AS trigram_opclass",
              test::OneRow({{"database", "shop"}, {"version", "15.20"}, {"version_num", "150020"}, {"standby", "f"}, {"parameters_captured", "f"},
                            {"sql_ascii", "f"}, {"sees_all_plans", "t"}, {"archiving", "f"}, {"c_collation", "f"}, {"trigram_opclass", std::nullopt},
                            {"collected_at", "1764190800"}, {"window_start", "1764187200"}}));
  database.On("'plan_cache_mode'", test::OneRow({{"mode", "auto"}}));
  database.On("steward.statements AS s", Statements());
  database.On("steward.plan_choice(", Choices());
  database.On("FROM steward.mutes", db::Result({"suggestion_id", "reason", "muted_by", "muted_at", "until"}, {}));
  database.On("has_table_privilege", test::OneRow({{"granted", "t"}}));
  database.On("SELECT DISTINCT suggestion_id", db::Result({"suggestion_id"}, {}));
  database.On("save_suggestions", test::OneRow({{"run_id", "7"}}));
  return database;
}

TEST(AdvisePreparedCommandTest, ReadsPlansSavesAndReports) {
  test::FakeDatabase database = Server();
  Arguments arguments;
  arguments.command = Command::kAdvisePrepared;
  arguments.format = Format::kJson;
  const auto report = nlohmann::json::parse(RunAdvisePrepared(database, arguments).text);
  ASSERT_EQ(report["suggestions"].size(), 1u);
  EXPECT_EQ(report["suggestions"][0]["action"], "parameterize");
  EXPECT_EQ(report["suggestions"][0]["evidence"]["then"], "prepare");
  EXPECT_EQ(report["suggestions"][0]["status"], "new");
  EXPECT_EQ(report["run_id"], "7");
  EXPECT_EQ(report["nothing_to_do"]["not plannable: no text"], 1);
  EXPECT_EQ(report["nothing_to_do"]["not plannable: not visible to this role"], 1);
  EXPECT_EQ(database.Asked("steward.plan_choice($1::oid[], $2::bigint[], draws => 16)"), 1);
}

TEST(AdvisePreparedCommandTest, ThroughAPoolerItRefuses) {
  test::FakeDatabase database = Server();
  database.On("pg_backend_pid()", test::OneRow({{"pid", "1"}, {"address", std::nullopt}, {"port", "5432"}}));
  EXPECT_THROW(RunAdvisePrepared(database, Arguments{}), db::SettingsError);
}

TEST(AdvisePreparedCommandTest, ThePoolersVersionChangesTheAdvice) {
  test::FakeDatabase database = Server();
  Arguments arguments;
  arguments.format = Format::kJson;
  arguments.prepared.pooler = 118;
  const auto old = nlohmann::json::parse(RunAdvisePrepared(database, arguments).text);
  EXPECT_TRUE(old["suggestions"].empty());
  EXPECT_EQ(old["withheld"].size(), 1u);
  EXPECT_EQ(old["pooler"]["verdict"], "too_old");
  arguments.prepared.pooler = 124;
  EXPECT_EQ(nlohmann::json::parse(RunAdvisePrepared(database, arguments).text)["suggestions"].size(), 1u);
}

TEST(AdvisePreparedCommandTest, AMutedSuggestionIsLeftOut) {
  test::FakeDatabase database = Server();
  Arguments arguments;
  arguments.format = Format::kJson;
  const auto id = nlohmann::json::parse(RunAdvisePrepared(database, arguments).text)["suggestions"][0]["suggestion_id"].get<std::string>();
  database.On("FROM steward.mutes",
              db::Result({"suggestion_id", "reason", "muted_by", "muted_at", "until"}, {{id, "as is", "dba", "1764190000", std::nullopt}}));
  const auto report = nlohmann::json::parse(RunAdvisePrepared(database, arguments).text);
  EXPECT_TRUE(report["suggestions"].empty());
  EXPECT_EQ(report["muted"], 1);
  arguments.show_muted = true;
  EXPECT_EQ(nlohmann::json::parse(RunAdvisePrepared(database, arguments).text)["suggestions"][0]["status"], "muted");
}

class MeasuringDatabase : public test::FakeDatabase, public db::RunTimer {
 public:
  double TimeText(const std::string& /*sql*/) override { return 0.3; }
  double TimePrepared(const std::string& /*name*/, const std::vector<std::string>& /*values*/) override { return 0.1; }
};

TEST(MeasurePreparedTest, OnlyWhatIsShownIsMeasured) {
  MeasuringDatabase database;
  database.On("AS untracked", test::OneRow({{"super", "f"}, {"others", "f"}, {"untracked", "t"}, {"role", "advisor"}}));
  database.On("AS same", test::OneRow({{"same", "t"}}));
  std::vector<std::string> measured;
  database.OnCall("steward.measure(", [&](const db::Parameters& parameters) {
    measured.push_back(parameters.at(1).value_or(""));
    return test::OneRow({{"error", "not this one"}});
  });
  auto advice = advise::AdvisePrepared(test::PreparedWorkloadOf({test::Extended(1), test::Extended(2), test::Extended(3), test::Extended(4)}),
                                       advise::JudgePooler(std::nullopt), {});
  ASSERT_EQ(advice.suggestions.size(), 4u);
  advice.suggestions[1].mute = model::Mute{};
  Arguments arguments;
  arguments.limit = 2;
  arguments.prepared.measure_seconds = 0.01;
  Progress progress;
  MeasurePrepared(database, arguments, progress, advice);
  EXPECT_EQ(measured, (std::vector<std::string>{"1", "3"}));
  EXPECT_EQ(advice.suggestions[0].measured->error, "not this one");
  EXPECT_FALSE(advice.suggestions[3].measured.has_value());
}

TEST(AdvisePreparedCommandTest, ASnapshotGivesTheSameAdviceWithoutAServer) {
  test::FakeDatabase database = Server();
  Arguments arguments;
  arguments.format = Format::kJson;
  const auto live = nlohmann::json::parse(RunAdvisePrepared(database, arguments).text);
  std::string path = "/tmp/steward_prepared_XXXXXX";
  close(mkstemp(path.data()));
  std::ofstream(path) << RunSnapshotPrepared(database).text;
  arguments.from = path;
  const auto later = nlohmann::json::parse(RunAdvisePrepared(arguments).text);
  std::remove(path.c_str());
  ASSERT_EQ(later["suggestions"].size(), 1u);
  EXPECT_EQ(later["suggestions"][0]["suggestion_id"], live["suggestions"][0]["suggestion_id"]);
  EXPECT_EQ(later["suggestions"][0]["evidence"]["values"], live["suggestions"][0]["evidence"]["values"]);
}

TEST(PreparedWorkloadJsonTest, EverythingSurvivesTheFile) {
  const model::PreparedWorkload workload = test::PreparedWorkloadOf({test::Simple(-5), test::Skewed()});
  const std::string once = collect::PreparedWorkloadToJson(workload);
  EXPECT_EQ(collect::PreparedWorkloadToJson(collect::PreparedWorkloadFromJson(once)), once);
  EXPECT_THROW(collect::PreparedWorkloadFromJson("{}"), collect::WorkloadFormatError);
}

TEST(ReadPlanChoicesTest, PlanningIsTakenOverAllValues) {
  const std::vector<std::string> columns = {"statement", "kind", "parse_time", "plan_time", "planning_charge", "generic_cost", "custom_cost",
                                            "generic_cost_here", "same_plan", "frequency", "prunes", "method", "sqlstate", "error"};
  test::FakeDatabase database;
  database.On("steward.plan_choice(",
              db::Result(columns, {{"1", "common", "0.05", "0.1", "7.5", "8", "8", "8", "t", std::nullopt, "f", "shapes", std::nullopt, std::nullopt},
                                   {"1", "rare", "0.05", "0.3", "5", "8", "8", "8", "t", std::nullopt, "f", "shapes", std::nullopt, std::nullopt}}));
  model::PreparedWorkload workload = test::PreparedWorkloadOf({test::Extended()});
  collect::ReadPlanChoices(database, {0}, [](double) {}, workload);
  EXPECT_DOUBLE_EQ(*workload.statements[0].choice->plan_time, 0.2);
  EXPECT_DOUBLE_EQ(workload.statements[0].choice->values[0].planning_charge, 7.5);
  EXPECT_DOUBLE_EQ(workload.statements[0].choice->values[1].planning_charge, 5);
}

TEST(ReadPlanChoicesTest, AStatementThatHasNoAnswerSaysSo) {
  test::FakeDatabase database;
  database.On("steward.plan_choice(", Choices());
  model::PreparedWorkload workload = test::PreparedWorkloadOf({test::Extended(), test::Skewed()});
  collect::ReadPlanChoices(database, {0, 1}, [](double) {}, workload);
  EXPECT_EQ(workload.statements[0].choice->values.size(), 2u);
  EXPECT_EQ(workload.statements[0].choice->error, "");
  EXPECT_EQ(workload.statements[1].choice->error, "the server did not answer for this statement");
}

}  // namespace
}  // namespace steward::cli
