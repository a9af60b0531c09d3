// See bare_saving.hpp.
#include "act/bare_saving.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "act/median.hpp"
#include "db/statement_tag.hpp"
#include "db/transaction.hpp"

namespace steward::act {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kName = "pgsteward_bare";
constexpr int kMostBlocks = 20;
constexpr int kRepeats = 10;  // in a row, as a session that does little else
constexpr std::chrono::milliseconds kEnough{500};

}  // namespace

double MeasureBareSaving(db::Database& database, db::RunTimer& timer) {
  const std::string text = db::TagStatements("SELECT 1");
  std::vector<double> simple;
  std::vector<double> prepared;
  const db::ReadOnlyTransaction transaction(database);
  const double least = database.Query("SELECT steward.least_planning_time() AS least").Only().Double("least");
  database.Execute(std::string("PREPARE ") + kName + " AS SELECT 1");
  const auto end = Clock::now() + kEnough;
  for (int block = 0; block < kMostBlocks && (block == 0 || Clock::now() < end); ++block) {
    for (int i = 0; i < kRepeats; ++i) simple.push_back(timer.TimeText(text));
    for (int i = 0; i < kRepeats; ++i) prepared.push_back(timer.TimePrepared(kName, {}));
  }
  database.Execute(std::string("DEALLOCATE ") + kName);
  return std::max(0.0, Median(simple) - Median(prepared) - least);
}

}  // namespace steward::act
