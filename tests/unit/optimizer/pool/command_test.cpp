// The command line of "advise pool" and "snapshot pool", and what the commands do around the analysis.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "advise/pool/advise_pool.hpp"
#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/pool_current.hpp"
#include "collect/pool_workload.hpp"
#include "db/error.hpp"
#include "unit/optimizer/fake_database.hpp"
#include "unit/optimizer/pool/pool_workloads.hpp"
#include "unit/optimizer/refusal.hpp"

namespace steward::cli {
namespace {

TEST(PoolArgumentsTest, ReadsWhatIsAskedFor) {
  const Arguments arguments = ParseArguments({"advise", "pool", "-d", "shop", "--users", "10000", "--think-time", "5s", "--slo-p95=250ms",
                                              "--slo-timeouts", "1", "--instances", "8", "--pgbouncer-processes", "2", "--cores", "16",
                                              "--memory", "64GB", "--admin", "report*", "--admin", "dba", "--for", "1min", "--no-save"});
  EXPECT_EQ(arguments.command, Command::kAdvisePool);
  EXPECT_TRUE(arguments.opens_session);
  const model::PoolDemand& demand = arguments.pool_advice.demand;
  EXPECT_EQ(demand.users, 10000);
  EXPECT_EQ(demand.think_time, 5000);
  EXPECT_EQ(demand.slo_p95, 250);
  EXPECT_NEAR(demand.slo_timeouts, 0.01, 1e-12);
  EXPECT_EQ(demand.instances, 8);
  EXPECT_EQ(demand.pooler_processes, 2);
  EXPECT_EQ(demand.admin, (std::vector<std::string>{"report*", "dba"}));
  EXPECT_EQ(arguments.pool_advice.cores, 16);
  EXPECT_EQ(arguments.pool_advice.memory, std::int64_t{64} << 30);
  EXPECT_EQ(arguments.pool_advice.for_seconds, 60);
  EXPECT_FALSE(arguments.save);
}

TEST(PoolArgumentsTest, TheWordPoolDoesNotTakeFromIndexes) {
  EXPECT_EQ(ParseArguments({"advise", "indexes"}).command, Command::kAdvise);
  EXPECT_EQ(ParseArguments({"advise"}).command, Command::kAdvise);
  EXPECT_EQ(ParseArguments({"advise", "-d", "shop", "pool"}).command, Command::kAdvisePool);
  EXPECT_EQ(ParseArguments({"snapshot", "-o", "f"}).command, Command::kSnapshot);
  EXPECT_EQ(ParseArguments({"snapshot", "pool", "-o", "f"}).command, Command::kSnapshotPool);
  EXPECT_NE(HelpText(Command::kAdvisePool).find("--think-time"), std::string::npos);
}

TEST(PoolArgumentsTest, AFileNeedsNoServerUnlessSaved) {
  EXPECT_FALSE(ParseArguments({"advise", "pool", "--from", "f"}).opens_session);
  EXPECT_TRUE(ParseArguments({"advise", "pool", "--from", "f", "--save"}).opens_session);
}

TEST(PoolArgumentsTest, WhatDoesNotFitIsRefused) {
  EXPECT_EQ(test::Refusal({"advise", "pool", "--users", "5", "--rate", "3"}), "options \"--users\", \"--rate\" and \"--growth\" exclude each other");
  EXPECT_EQ(test::Refusal({"advise", "pool", "--think-time", "5s"}), "option \"--think-time\" is of users");
  EXPECT_EQ(test::Refusal({"advise", "pool", "--users", "0"}), "invalid value for option \"--users\"");
  EXPECT_EQ(test::Refusal({"advise", "pool", "--users", "2.5"}), "invalid value for option \"--users\"");
  EXPECT_EQ(test::Refusal({"advise", "pool", "--users", "nan"}), "invalid value for option \"--users\"");
  EXPECT_EQ(test::Refusal({"advise", "pool", "--slo-p95", "quick"}), "invalid value for option \"--slo-p95\"");
  EXPECT_EQ(test::Refusal({"advise", "pool", "--slo-timeouts", "101"}), "invalid value for option \"--slo-timeouts\"");
  EXPECT_EQ(test::Refusal({"advise", "pool", "--for", "0s"}), "invalid value for option \"--for\"");
  EXPECT_EQ(test::Refusal({"advise", "pool", "--memory", "-1"}), "invalid value for option \"--memory\"");
  EXPECT_EQ(test::Refusal({"advise", "pool", "--from", "f", "--for", "5s"}), "options \"--from\" and \"--for\" exclude each other");
  EXPECT_EQ(test::Refusal({"advise", "pool", "--one-pool", "--main", "app"}), "option \"--one-pool\" leaves nothing to name with \"--main\", \"--read\" or \"--admin\"");
  EXPECT_EQ(test::Refusal({"advise", "pool", "--save", "--no-save"}), "options \"--save\" and \"--no-save\" exclude each other");
  EXPECT_EQ(test::Refusal({"advise", "pool", "--format", "sql"}), "unknown output format");
  EXPECT_EQ(test::Refusal({"advise", "pool", "shop"}), "too many command-line arguments");
  EXPECT_EQ(test::Refusal({"snapshot", "pool"}), "no output file given");
  EXPECT_EQ(test::Refusal({"advise", "pools"}), "cannot advise on that");
}

TEST(PoolArgumentsTest, TimesHaveMilliseconds) {
  EXPECT_EQ(ParseMilliseconds("250ms"), 250);
  EXPECT_EQ(ParseMilliseconds("1.5 s"), 1500);
  EXPECT_EQ(ParseMilliseconds("2min"), 120000);
  EXPECT_FALSE(ParseMilliseconds("ms").has_value());
  EXPECT_FALSE(ParseMilliseconds("5").has_value());
}

TEST(AdvisePoolTest, WithoutTheExtensionItNamesTheCommand) {
  test::FakeDatabase database;
  database.On("pg_extension", db::Result({}, {}));
  try {
    RunAdvisePool(database, Arguments{});
    ADD_FAILURE() << "not refused";
  } catch (const db::Error& error) {
    EXPECT_STREQ(error.what(), "extension pg_steward is not installed in database \"shop\"");
  }
}

std::string FileOf(const std::string& text) {
  std::string path = "/tmp/steward_pool_XXXXXX";
  close(mkstemp(path.data()));
  std::ofstream(path) << text;
  return path;
}

// Value, as the report has it, of a setting of a pool (empty: of all).
nlohmann::json Now(const nlohmann::json& report, const std::string& pool, const std::string& component, const std::string& setting) {
  for (const auto& row : report["settings"])
    if ((row["pool"].is_null() ? "" : row["pool"].get<std::string>()) == pool && row["component"] == component && row["setting"] == setting)
      return row["current_value"];
  return "no such row";
}

TEST(AdvisePoolTest, WhatIsSetNowStandsBesideWhatIsSuggested) {
  Arguments arguments;
  arguments.format = Format::kJson;
  arguments.from = FileOf(collect::PoolWorkloadToJson(test::PoolWorkloadOf({test::TpcB()})));
  arguments.pool.ini = FileOf("[databases]\nshop = host=/tmp dbname=shop pool_size=40\n[pgbouncer]\nquery_wait_timeout = 120\n"
                              "max_client_conn = 500\npool_mode = transaction\n");
  arguments.pool.app = FileOf("[web]\nrole = main\nuser = app\ndatabase = shop\ninstances = 6\npool_size = 16\nacquire_timeout = 1s\n");
  const auto report = nlohmann::json::parse(RunAdvisePool(arguments).text);
  EXPECT_EQ(Now(report, "main", "pgbouncer", "pool_size"), "40");
  EXPECT_EQ(Now(report, "main", "pgbouncer", "pool_mode"), "transaction");
  EXPECT_EQ(Now(report, "", "pgbouncer", "query_wait_timeout"), "120");
  EXPECT_EQ(Now(report, "", "pgbouncer", "max_client_conn"), "500");
  EXPECT_EQ(Now(report, "main", "application", "pool_size"), "16");
  EXPECT_EQ(Now(report, "main", "application", "acquire_timeout"), "1s");
  EXPECT_EQ(report["demand"]["instances"], 6);
  arguments.pool_advice.instances_given = true;
  arguments.pool_advice.demand.instances = 2;
  EXPECT_EQ(nlohmann::json::parse(RunAdvisePool(arguments).text)["demand"]["instances"], 2);
  for (const std::string& file : {arguments.from, arguments.pool.ini, arguments.pool.app}) std::remove(file.c_str());
}

TEST(AdvisePoolTest, ClientsThatWaitAtThePoolerAreSeen) {
  pgbouncer::Facts facts;
  facts.console.emplace();
  facts.console->pools.emplace_back().waiting = 7;
  model::PoolWorkload workload = test::PoolWorkloadOf({test::TpcB()});
  model::PoolDemand demand;
  AddPoolerFacts(facts, {}, workload, demand);
  EXPECT_EQ(workload.waiting_clients, 7);
  EXPECT_TRUE(advise::AdvisePool(workload, demand).censored);
}

TEST(AdvisePoolTest, AFileIsAdvisedOnWithoutAServer) {
  const std::string path = FileOf(collect::PoolWorkloadToJson(test::PoolWorkloadOf({test::TpcB()})));
  Arguments arguments;
  arguments.from = path;
  arguments.save_if_asked = true;
  arguments.pool_advice.cores = 64;
  const Outcome outcome = RunAdvisePool(arguments);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.text.find("64 cores"), std::string::npos);
  EXPECT_NE(outcome.text.find("not saved: only advice"), std::string::npos);
  std::ofstream(path) << collect::PoolWorkloadToJson(test::PoolWorkloadOf({}));
  EXPECT_THROW(RunAdvisePool(arguments), db::Error);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace steward::cli
