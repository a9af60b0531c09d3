// Reading classes and the machine, from a server that measures everything and from one that does not; and the file form.
#include <gtest/gtest.h>

#include "collect/pool_workload.hpp"
#include "collect/workload_json.hpp"
#include "unit/optimizer/fake_database.hpp"
#include "unit/optimizer/pool/pool_workloads.hpp"

namespace steward::collect {
namespace {

using test::FakeDatabase;
using test::OneRow;

const std::vector<std::string> kNewColumns = {"cpu_time", "core_wait_time", "writing_transactions", "samples",        "running_samples", "lock_samples",
                                              "lwlock_samples", "io_samples",        "wal_samples",    "client_samples",  "other_samples",
                                              "idle_samples", "max_busy",            "max_sessions",   "features"};

db::Result Columns(const std::vector<std::string>& names) {
  std::vector<db::Result::Values> rows;
  for (const std::string& name : names) rows.push_back({name});
  return {{"attname"}, rows};
}

std::vector<std::pair<std::string, db::Parameter>> ClassRow(bool measured, const char* transactions = "1000") {
  std::vector<std::pair<std::string, db::Parameter>> row = {
      {"datname", "shop"}, {"usename", "app"}, {"application_name", "web"}, {"transactions", transactions}, {"commits", "990"},
      {"failures", "3"}, {"total_xact_time", "5000"}, {"stddev_xact_time", "2"}, {"p50_xact_time", "4"}, {"p95_xact_time", "9"},
      {"p99_xact_time", "12"}, {"max_xact_time", "40"}, {"idle_in_transaction_time", "1000"}, {"first_seen", "1000"}, {"last_seen", "1100"}};
  for (const std::string& column : kNewColumns) {
    db::Parameter value = "7";
    if (column == "cpu_time") value = "2500";
    if (column == "core_wait_time") value = "600";
    if (column == "samples") value = "1000";
    if (column == "features") value = "{listen,set}";
    row.emplace_back(column, measured ? value : std::nullopt);
  }
  return row;
}

FakeDatabase Server(bool measured) {
  FakeDatabase database;
  database.On("server_version_num", OneRow({{"database", "shop"}, {"version", "15.20"}, {"version_num", "150020"}, {"standby", "f"}, {"now", "1200"}}));
  database.OnCall("FROM pg_attribute", [measured](const db::Parameters& parameters) {
    if (parameters[0] == "steward.classes") return Columns(measured ? kNewColumns : std::vector<std::string>{"transactions"});
    return Columns(measured ? std::vector<std::string>{"refused_connections"} : std::vector<std::string>{});
  });
  database.On("FROM steward.classes", OneRow(ClassRow(measured)));
  database.On("FROM steward.statements", OneRow({{"datname", "shop"}, {"rolname", "app"}, {"calls", "3000"}, {"cpu_time", "2000"}}));
  database.On("FROM pg_settings", db::Result({"name", "value"}, {{"max_connections", "100"}, {"superuser_reserved_connections", "3"},
                                                                   {"work_mem", "4096"}, {"shared_buffers", "16384"}, {"statement_timeout", "30000"}}));
  database.On("steward.capture_status", OneRow({{"refused_connections", "5"}}));
  database.On("pg_stat_activity", OneRow({{"local", "f"}, {"sessions", "12"}, {"near", "2"}}));
  return database;
}

TEST(PoolWorkloadTest, ReadsWhatIsMeasured) {
  FakeDatabase database = Server(true);
  const model::PoolWorkload workload = ReadPoolWorkload(database, {8, std::int64_t{32} << 30}).workload;
  EXPECT_TRUE(workload.missing.empty());
  EXPECT_EQ(workload.seconds, 100);
  ASSERT_EQ(workload.classes.size(), 1U);
  const model::PoolClass& one = workload.classes[0];
  EXPECT_EQ(one.MeanTime(), 5);
  EXPECT_EQ(one.cpu_time, 2500);
  EXPECT_EQ(one.core_wait_time, 600);
  EXPECT_FALSE(one.cpu_from_statements);
  EXPECT_EQ(one.statements, 3);
  ASSERT_TRUE(one.samples.has_value());
  EXPECT_EQ(one.samples->looks, 1000);
  EXPECT_EQ(one.samples->wal, 7);
  EXPECT_EQ(one.features, (std::vector<std::string>{"listen", "set"}));
  EXPECT_EQ(workload.host.cores, 8);
  EXPECT_EQ(workload.host.source, "as given");
  EXPECT_FALSE(workload.host.clients_local);
  EXPECT_EQ(workload.limits.work_mem, 4096 * 1024);
  EXPECT_EQ(workload.limits.shared_buffers, 128 << 20);
  EXPECT_EQ(workload.limits.refused_connections, 5);
  EXPECT_EQ(database.Asked("NULL AS"), 0);
}

TEST(PoolWorkloadTest, AnOlderServerIsReadWithoutWhatItLacks) {
  FakeDatabase database = Server(false);
  const model::PoolWorkload workload = ReadPoolWorkload(database, {}).workload;
  ASSERT_EQ(workload.classes.size(), 1U);
  const model::PoolClass& one = workload.classes[0];
  EXPECT_FALSE(one.samples.has_value());
  EXPECT_EQ(one.cpu_time, 2000);
  EXPECT_TRUE(one.cpu_from_statements);
  EXPECT_FALSE(one.features_known);
  EXPECT_EQ(workload.host.cores, 0);
  EXPECT_EQ(workload.host.source, "not known");
  EXPECT_EQ(workload.missing.size(), 4U);  // waits, CPU, writers, cores
  EXPECT_FALSE(workload.limits.refused_connections.has_value());
  EXPECT_EQ(database.Asked("NULL AS cpu_time"), 1);
}

TEST(PoolWorkloadTest, ADifferenceIsOfCountersOnly) {
  FakeDatabase database = Server(true);
  const PoolReading before = ReadPoolWorkload(database, {2, 1 << 30});
  PoolReading after = before;
  after.workload.server.collected_at = 1210;
  after.workload.classes[0].transactions += 500;
  after.workload.classes[0].total_time += 4000;
  *after.workload.classes[0].cpu_time += 900;
  *after.workload.classes[0].core_wait_time += 70;
  after.workload.classes[0].samples->running += 30;
  after.workload.limits.refused_connections = 6;
  PoolReading begun = before;
  begun.cpu = CpuReading{100, 1000};
  after.cpu = CpuReading{115, 1010};
  const model::PoolWorkload workload = Between(begun, after);
  EXPECT_FALSE(workload.since_reset);
  EXPECT_EQ(workload.seconds, 10);
  EXPECT_EQ(workload.classes[0].transactions, 500);
  EXPECT_EQ(workload.classes[0].MeanTime(), 8);
  EXPECT_EQ(workload.classes[0].cpu_time, 900);
  EXPECT_EQ(workload.classes[0].core_wait_time, 70);
  EXPECT_EQ(workload.classes[0].samples->running, 30);
  EXPECT_EQ(workload.classes[0].samples->wal, 0);
  EXPECT_EQ(workload.classes[0].p95_time, 9);
  EXPECT_EQ(workload.limits.refused_connections, 1);
  EXPECT_NEAR(*workload.host.busy_cores, 1.5, 1e-9);
}

TEST(PoolWorkloadTest, AClassThatWasResetMeanwhileCountsFromThen) {
  FakeDatabase database = Server(true);
  const PoolReading before = ReadPoolWorkload(database, {});
  PoolReading after = before;
  after.workload.classes[0].transactions = 40;
  after.workload.classes[0].total_time = 80;
  EXPECT_EQ(Between(before, after).classes[0].transactions, 40);
  EXPECT_EQ(Between(before, after).classes[0].MeanTime(), 2);
}

TEST(PoolWorkloadTest, AFileHoldsAllOfIt) {
  model::PoolWorkload workload = test::PoolWorkloadOf({test::TpcB(), test::Select()});
  workload.classes[0].features = {"temp_table"};
  workload.classes[1].samples.reset();
  workload.classes[1].cpu_time.reset();
  workload.classes[1].max_busy = 17;
  workload.classes[1].core_wait_time = 12.5;
  workload.host.busy_cores = 1.25;
  workload.missing = {"one", "two"};
  const std::string text = PoolWorkloadToJson(workload);
  EXPECT_EQ(PoolWorkloadToJson(PoolWorkloadFromJson(text)), text);
  EXPECT_EQ(PoolWorkloadFromJson(text).classes[1].max_busy, 17);
  EXPECT_EQ(PoolWorkloadFromJson(text).classes[1].core_wait_time, 12.5);
  EXPECT_FALSE(PoolWorkloadFromJson(text).classes[1].samples.has_value());
}

std::string Refusal(const std::string& text) {
  try {
    PoolWorkloadFromJson(text);
  } catch (const WorkloadFormatError& error) {
    return error.what();
  }
  return "";
}

TEST(PoolWorkloadTest, AnotherFileIsRefused) {
  EXPECT_EQ(Refusal("{}"), "not a workload written by pgsteward snapshot pool");
  EXPECT_EQ(Refusal("{\n\n"), "invalid JSON in line 3");
  std::string text = PoolWorkloadToJson(test::PoolWorkloadOf({test::TpcB()}));
  EXPECT_EQ(Refusal("{\"kind\": \"pg_steward pool workload\", \"schema_version\": 99}").find("written by another version"), 0U);
  text.replace(text.find("\"cores\": 2"), 10, "\"cores\": -2");
  EXPECT_EQ(Refusal(text), "\"host.cores\" is negative");
}

TEST(HostFactsTest, ReadsWhatTheKernelSays) {
  EXPECT_EQ(ParseCpuMax("150000 100000\n"), 1.5);
  EXPECT_FALSE(ParseCpuMax("max 100000\n").has_value());
  EXPECT_FALSE(ParseCpuMax("").has_value());
  EXPECT_EQ(ParseMemTotal("MemTotal:       8000000 kB\nMemFree: 1 kB\n"), 8192000000);
  EXPECT_FALSE(ParseMemTotal("nothing").has_value());
  const auto cpu = ParseProcStat("cpu  1000 0 500 8000 300 0 100 100 7 0\ncpu0 1 2\n", 2);
  ASSERT_TRUE(cpu.has_value());
  EXPECT_NEAR(cpu->busy, 17, 1e-9);      // user, system, softirq and steal
  EXPECT_NEAR(cpu->seconds, 50, 1e-9);  // of two cores
  EXPECT_FALSE(ParseProcStat("intr 1", 2).has_value());
}

TEST(HostFactsTest, ThisMachineHasCores) {
  EXPECT_GE(ReadHost().cores, 1);
  EXPECT_GT(ReadHost().memory, 0);
}

}  // namespace
}  // namespace steward::collect
