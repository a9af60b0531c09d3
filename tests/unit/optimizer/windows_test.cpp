// Comparing windows of history, and the spans of the command line.
#include <gtest/gtest.h>

#include "advise/windows/compare_windows.hpp"
#include "cli/arguments.hpp"
#include "unit/optimizer/golden.hpp"
#include "report/diff_report.hpp"

namespace steward {
namespace {

using model::ChangeKind;
using model::Window;
using model::WindowStatement;

WindowStatement Statement(std::int64_t queryid, std::int64_t calls, double exec_time) {
  WindowStatement statement;
  statement.userid = 10;
  statement.role = "app";
  statement.queryid = queryid;
  statement.query = "SELECT " + std::to_string(queryid);
  statement.calls = calls;
  statement.exec_time = exec_time;
  if (calls > 0) statement.p95 = 2 * exec_time / static_cast<double>(calls);
  return statement;
}

Window Hours(double hours, std::vector<WindowStatement> statements) {
  Window window;
  window.start = 1764000000;
  window.end = window.start + hours * 3600;
  window.seconds = hours * 3600;
  window.intervals = static_cast<std::int64_t>(hours * 12);
  window.statements = std::move(statements);
  return window;
}

TEST(CompareWindows, SplitsTimeIntoCallsAndMean) {
  // 100 calls of 2 ms an hour become 300 calls of 5 ms an hour.
  const auto changes = advise::CompareWindows(Hours(2, {Statement(1, 200, 400)}), Hours(1, {Statement(1, 300, 1500)}));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].kind, ChangeKind::kSame);
  EXPECT_DOUBLE_EQ(changes[0].time_change, 1500 - 200);
  EXPECT_DOUBLE_EQ(changes[0].due_to_calls, 200 * 2);
  EXPECT_DOUBLE_EQ(changes[0].due_to_mean, 300 * 3);
}

TEST(CompareWindows, CallsNothingSlowerThatOnlyFailedBefore) {
  WindowStatement failed = Statement(1, 0, 0);
  failed.failed_calls = 5;
  const auto changes = advise::CompareWindows(Hours(1, {failed}), Hours(1, {Statement(1, 10, 50)}));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].kind, ChangeKind::kSame);
  EXPECT_DOUBLE_EQ(changes[0].due_to_mean, 0);
}

TEST(CompareWindows, TellsNewFromGone) {
  const auto changes = advise::CompareWindows(Hours(1, {Statement(1, 10, 50)}), Hours(1, {Statement(2, 4, 80)}));
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].kind, ChangeKind::kNew);
  EXPECT_EQ(changes[0].before.calls, 0);
  EXPECT_EQ(changes[0].before.query, "SELECT 2");
  EXPECT_DOUBLE_EQ(changes[0].due_to_mean, 0);
  EXPECT_EQ(changes[1].kind, ChangeKind::kGone);
  EXPECT_EQ(changes[1].after.query, "SELECT 1");
  EXPECT_DOUBLE_EQ(changes[1].time_change, -50);
}

TEST(CompareWindows, PutsTheLargestChangeFirstWhateverItsSign) {
  const auto changes =
      advise::CompareWindows(Hours(1, {Statement(1, 1, 10), Statement(2, 1, 900), Statement(3, 1, 10)}),
                             Hours(1, {Statement(1, 1, 10), Statement(2, 1, 100), Statement(3, 1, 210)}));
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].after.queryid, 2);
  EXPECT_EQ(changes[1].after.queryid, 3);
  EXPECT_EQ(changes[2].after.queryid, 1);
}

TEST(CompareWindows, KeepsUsersAndLevelsApart) {
  WindowStatement nested = Statement(1, 1, 1);
  nested.toplevel = false;
  WindowStatement other = Statement(1, 1, 1);
  other.userid = 11;
  EXPECT_EQ(advise::CompareWindows(Hours(1, {Statement(1, 1, 1), nested}), Hours(1, {other})).size(), 3u);
}

model::WindowDiff Example() {
  WindowStatement others;
  others.query = "<other>";
  others.calls = 1000;
  others.exec_time = 40;
  WindowStatement hostile = Statement(-7, 12000, 36000);
  hostile.query = "SELECT \x1b[31m 'a'\n  FROM t";
  hostile.failed_calls = 3;
  model::WindowDiff diff;
  diff.server.database = "shop";
  diff.before = Hours(1, {Statement(1, 4000, 8000), hostile, others});
  hostile.calls = 500;
  hostile.exec_time = 36000;
  hostile.p95.reset();
  diff.after = Hours(0.5, {Statement(2, 10, 90000), hostile, others});
  diff.changes = advise::CompareWindows(diff.before, diff.after);
  return diff;
}

TEST(DiffReport, TextIsAsRecorded) { test::ExpectGolden("diff.txt", report::DiffText(Example(), 3)); }

TEST(DiffReport, JsonIsAsRecorded) { test::ExpectGolden("diff.json", report::DiffJson(Example(), 1000)); }

TEST(ParseSpan, TakesNumbersWithAUnit) {
  EXPECT_EQ(cli::ParseSpan("90min"), 5400);
  EXPECT_EQ(cli::ParseSpan("1.5 h"), 5400);
  EXPECT_EQ(cli::ParseSpan("1d"), 86400);
  EXPECT_EQ(cli::ParseSpan("2w"), 1209600);
  EXPECT_EQ(cli::ParseSpan("0s"), 0);
}

TEST(ParseSpan, TakesNothingElse) {
  for (const char* text : {"", "90", "h", "-1h", "1h30min", "infs", "nan d", "1 month", "2026-11-25 14:00", "1e400h", "1e300w"})
    EXPECT_FALSE(cli::ParseSpan(text)) << text;
}

}  // namespace
}  // namespace steward
