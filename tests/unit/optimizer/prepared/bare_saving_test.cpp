// What preparing saves of any statement: measured at the client, less what the server says of parsing and planning.
#include <gtest/gtest.h>

#include "act/bare_saving.hpp"
#include "unit/optimizer/fake_database.hpp"

namespace steward::act {
namespace {

class Timer : public db::RunTimer {
 public:
  double TimeText(const std::string& sql) override {
    text = sql;
    return 0.05 + (++runs % 10 == 0 ? 5 : 0);  // now and then the machine does something else
  }
  double TimePrepared(const std::string& name, const std::vector<std::string>& /*values*/) override {
    prepared = name;
    return 0.03;
  }

  int runs = 0;
  std::string text;
  std::string prepared;
};

test::FakeDatabase ServerWith(const char* least) {
  test::FakeDatabase database;
  database.On("steward.least_planning_time()", test::OneRow({{"least", least}}));
  return database;
}

TEST(BareSavingTest, IsWhatTheServersParsingAndPlanningDoNotExplain) {
  test::FakeDatabase database = ServerWith("0.005");
  Timer timer;
  EXPECT_NEAR(MeasureBareSaving(database, timer), 0.05 - 0.03 - 0.005, 1e-9);
  EXPECT_NE(timer.text.find("/* pgsteward */"), std::string::npos);  // or it would count as workload
  EXPECT_EQ(database.Asked("PREPARE " + timer.prepared + " AS SELECT 1"), 1);
  EXPECT_EQ(database.Asked("DEALLOCATE " + timer.prepared), 1);
}

TEST(BareSavingTest, IsNotNegative) {
  test::FakeDatabase database = ServerWith("0.04");
  Timer timer;
  EXPECT_EQ(MeasureBareSaving(database, timer), 0);
}

}  // namespace
}  // namespace steward::act
