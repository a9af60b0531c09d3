// What preparing saves for each millisecond of parsing and planning: measured at the client, beside what the server says.
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "act/saving_scales.hpp"
#include "unit/optimizer/fake_database.hpp"

namespace steward::act {
namespace {

// The least probe takes 0.01 of parsing and 0.02 of planning, the other 0.05 and 0.12: a client saves 0.005 and half of that of
// parsing, of planning 1.5 times as much.
class Timer : public db::RunTimer {
 public:
  explicit Timer(test::FakeDatabase& database) : database_(database) {}

  double TimeText(const std::string& sql) override {
    text = sql;
    const double time = IsLeast(sql) ? 0.1 + 0.005 + 0.5 * 0.01 + 1.5 * 0.02 : 0.2 + 0.005 + 0.5 * 0.05 + 1.5 * 0.12;
    return time + (++runs % 10 == 0 ? 5 : 0);  // now and then the machine does something else
  }
  double TimePrepared(const std::string& name, const std::vector<std::string>& values) override {
    EXPECT_EQ(values, std::vector<std::string>{"1259"});
    const bool generic = database_.Asked("force_generic_plan") == database_.Asked("force_custom_plan");
    if (name == "pgsteward_probe0") return 0.1 + (generic ? 0 : 1.5 * 0.02);
    return 0.2 + (generic ? 0 : 1.5 * 0.12);
  }

  int runs = 0;
  std::string text;

 private:
  static bool IsLeast(const std::string& sql) { return sql.find("pg_namespace") == std::string::npos; }

  test::FakeDatabase& database_;
};

void Probes(test::FakeDatabase& database) {
  database.On("steward.planning_probes()", db::Result{{"query", "value", "parse_time", "plan_time"},
                                                      {{"SELECT relname FROM pg_class WHERE oid = $1", "1259", "0.01", "0.02"},
                                                       {"SELECT nspname FROM pg_class JOIN pg_namespace ON true WHERE oid = $1", "1259", "0.05", "0.12"}}});
}

TEST(SavingScalesTest, AreWhatTheClientSavesOfTheServersTimes) {
  test::FakeDatabase database;
  Probes(database);
  Timer timer(database);
  model::PreparedWorkload workload;
  MeasureSavingScales(database, timer, workload);
  EXPECT_NEAR(workload.parse_scale.base, 0.005, 1e-3);
  EXPECT_NEAR(workload.parse_scale.factor, 0.5, 0.05);
  EXPECT_NEAR(workload.plan_scale.base, 0, 0.002);
  EXPECT_NEAR(workload.plan_scale.factor, 1.5, 0.1);
  EXPECT_NE(timer.text.find("/* pgsteward */"), std::string::npos);  // or it would count as workload
  EXPECT_NE(timer.text.find("'1259'::oid"), std::string::npos);
  EXPECT_EQ(database.Asked("DEALLOCATE pgsteward_probe"), 2);
}

// A network whose round trips scatter by more than planning takes.
TEST(SavingScalesTest, ASlowNetworkIsNoMeasurement) {
  class Slow : public Timer {
   public:
    using Timer::Timer;
    double TimeText(const std::string& sql) override { return Timer::TimeText(sql) + Scatter(); }
    double TimePrepared(const std::string& name, const std::vector<std::string>& values) override {
      return Timer::TimePrepared(name, values) + Scatter();
    }

   private:
    double Scatter() { return 20 + static_cast<double>((random_ = random_ * 1103515245 + 12345) >> 16 & 1023) / 100; }

    unsigned random_ = 1;
  };
  test::FakeDatabase database;
  Probes(database);
  Slow timer(database);
  model::PreparedWorkload workload;
  MeasureSavingScales(database, timer, workload);
  EXPECT_NEAR(workload.parse_scale.base, 0, 1e-3);
  EXPECT_NEAR(workload.parse_scale.factor, 1, 0.2);
  EXPECT_NEAR(workload.plan_scale.factor, 1, 0.2);
}

TEST(SavingScalesTest, NoLineFallsOrBeginsBelowNothing) {
  EXPECT_EQ(ScaleThrough({{0.01, 0.05, 0}, {0.1, 0.02, 0}}).factor, 0);
  EXPECT_NEAR(ScaleThrough({{0.01, 0.05, 0}, {0.1, 0.02, 0}}).base, 0.03, 0.01);
  EXPECT_EQ(ScaleThrough({{0.01, -0.05, 0}, {0.1, -0.02, 0}}).factor, 0);
  EXPECT_EQ(ScaleThrough({{0.01, -0.05, 0}, {0.1, -0.02, 0}}).base, 0);
  EXPECT_EQ(ScaleThrough({{0.01, 0.005, 0}, {0.1, 0.2, 0}}).base, 0);
  EXPECT_NEAR(ScaleThrough({{0.01, 0.02, 0}, {0.1, 0.2, 0}}).factor, 1.8, 0.1);
}

TEST(SavingScalesTest, WhatScattersMoreCountsLess) {
  const auto factor = [](double error) { return ScaleThrough({{0.01, 0.02, error}, {0.1, 0.2, error}}).factor; };
  EXPECT_NEAR(factor(0), 1.8, 0.1);  // two statements show no more
  EXPECT_NEAR(factor(0.02), 1.6, 0.15);
  EXPECT_NEAR(factor(1), 1, 0.01);
  EXPECT_EQ(factor(std::numeric_limits<double>::infinity()), 1);
  EXPECT_EQ(ScaleThrough({}).factor, 1);
}

TEST(SavingScalesTest, StatementsDifferFromEachOther) {
  const model::SavingScale scale = ScaleThrough({{0.0035, 0.0087, 0.001}, {0.021, 0.039, 0.002}, {0.165, 0.237, 0.005}});
  EXPECT_NEAR(scale.Of(0.0035), 0.0087, 0.001);
  EXPECT_NEAR(scale.Of(0.021), 0.036, 0.002);  // below what the second saves, for the third saves less of its time
  EXPECT_NEAR(scale.Of(0.165), 0.245, 0.01);
}

}  // namespace
}  // namespace steward::act
