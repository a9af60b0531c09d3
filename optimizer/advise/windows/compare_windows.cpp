// See compare_windows.hpp.
#include "advise/windows/compare_windows.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace steward::advise {

namespace {

using model::ChangeKind;
using model::PerHour;
using model::StatementChange;
using model::Window;
using model::WindowStatement;

auto KeyOf(const WindowStatement& statement) {
  return std::tuple(statement.queryid, statement.userid, statement.toplevel);
}

// Names and text of a statement that ran in one window only stand in both.
WindowStatement Absent(const WindowStatement& present) {
  WindowStatement absent;
  absent.userid = present.userid;
  absent.toplevel = present.toplevel;
  absent.queryid = present.queryid;
  absent.role = present.role;
  absent.query = present.query;
  return absent;
}

void Measure(StatementChange& change, const Window& before, const Window& after) {
  change.time_change = PerHour(change.after.exec_time, after) - PerHour(change.before.exec_time, before);
  // What never succeeded before has no old mean: all of it is the calls' doing.
  const double old_mean = change.before.calls == 0 ? MeanTime(change.after) : MeanTime(change.before);
  const double calls_before = PerHour(static_cast<double>(change.before.calls), before);
  const double calls_after = PerHour(static_cast<double>(change.after.calls), after);
  change.due_to_calls = (calls_after - calls_before) * old_mean;
  change.due_to_mean = change.time_change - change.due_to_calls;
}

bool ComesFirst(const StatementChange& a, const StatementChange& b) {
  const double left = std::fabs(a.time_change);
  const double right = std::fabs(b.time_change);
  return left != right ? left > right : KeyOf(a.after) < KeyOf(b.after);
}

}  // namespace

std::vector<StatementChange> CompareWindows(const Window& before, const Window& after) {
  std::map<decltype(KeyOf(WindowStatement{})), StatementChange> changes;
  for (const WindowStatement& statement : before.statements)
    changes[KeyOf(statement)] = {ChangeKind::kGone, statement, Absent(statement), 0, 0, 0};
  for (const WindowStatement& statement : after.statements) {
    const auto [at, is_new] = changes.try_emplace(KeyOf(statement));
    at->second.kind = is_new ? ChangeKind::kNew : ChangeKind::kSame;
    if (is_new) at->second.before = Absent(statement);
    at->second.after = statement;
  }
  std::vector<StatementChange> list;
  for (auto& [key, change] : changes) {
    Measure(change, before, after);
    list.push_back(std::move(change));
  }
  std::sort(list.begin(), list.end(), ComesFirst);
  return list;
}

}  // namespace steward::advise
