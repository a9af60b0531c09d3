// The text form of a difference of windows, for a terminal of about 110 columns. Declared in diff_report.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/diff_report.hpp"
#include "report/instants.hpp"
#include "report/terminal_text.hpp"

namespace steward::report {

namespace {

using model::ChangeKind;
using model::PerHour;
using model::StatementChange;
using model::Window;
using model::WindowStatement;

constexpr std::size_t kQueryColumns = 106;

struct Totals {
  double calls = 0;
  double failed = 0;
  double exec_time = 0;
};

Totals Sum(const Window& window) {
  Totals totals;
  for (const WindowStatement& statement : window.statements) {
    totals.calls += static_cast<double>(statement.calls);
    totals.failed += static_cast<double>(statement.failed_calls);
    totals.exec_time += statement.exec_time;
  }
  return totals;
}

// "+12 %", "x8.3", "-40 %"; empty where there is nothing to compare with.
std::string Ratio(double before, double after) {
  if (before <= 0 || after <= 0) return "";
  const double ratio = after / before;
  if (ratio >= 2) return fmt::format(" (x{:.{}f})", ratio, ratio < 9.95 ? 1 : 0);
  return fmt::format(" ({:+.0f} %)", 100 * (ratio - 1));
}

std::string WindowLine(const char* name, const Window& window) {
  return fmt::format("{:<9} {} to {}, {} in {} interval{}\n", name, LongInstant(window.start), LongInstant(window.end),
                     Span(window.seconds), window.intervals, window.intervals == 1 ? "" : "s");
}

std::string Signed(double milliseconds) {
  return (milliseconds < 0 ? "-" : "+") + Duration(std::fabs(milliseconds));
}

std::string Verdict(const StatementChange& change) {
  if (change.kind == ChangeKind::kNew) return "new, or not among those with the most time before";
  if (change.kind == ChangeKind::kGone) return "gone, or not among those with the most time after";
  const double calls = change.due_to_calls;
  const double mean = change.due_to_mean;
  if (std::fabs(calls) >= std::fabs(mean)) return calls < 0 ? "called less often" : "called more often";
  return mean < 0 ? "faster" : "slower";
}

std::string Mean(const WindowStatement& statement) {
  return statement.calls > 0 ? Duration(MeanTime(statement)) : "-";
}

std::string Pair(const char* name, const std::string& before, const std::string& after, const std::string& ratio) {
  return fmt::format("   {:<12} {:>10} -> {}{}\n", name, before, after, ratio);
}

std::string Title(const WindowStatement& statement) {
  if (statement.userid == 0) return "all statements together that were not among those with the most time";
  const std::string role = statement.role.empty() ? fmt::format("role {}", statement.userid) : "role " + statement.role;
  if (statement.queryid == 0) return Printable(role) + ", statements that this role may not see";
  return fmt::format("{}, query id {}{}", Printable(role), statement.queryid,
                     statement.toplevel ? "" : ", inside of functions");
}

std::string ChangeText(std::size_t number, const StatementChange& change, const model::WindowDiff& diff) {
  const WindowStatement& before = change.before;
  const WindowStatement& after = change.after;
  std::string text = fmt::format("\n{:>2} {} an hour: {}\n   {}\n", number, Signed(change.time_change), Verdict(change),
                                 Title(after));
  if (after.queryid != 0) text += fmt::format("   {}\n", Excerpt(after.query, kQueryColumns));
  const double time_before = PerHour(before.exec_time, diff.before);
  const double time_after = PerHour(after.exec_time, diff.after);
  text += Pair("time an hour", Duration(time_before), Duration(time_after), Ratio(time_before, time_after));
  const double calls_before = PerHour(static_cast<double>(before.calls), diff.before);
  const double calls_after = PerHour(static_cast<double>(after.calls), diff.after);
  text += Pair("calls", Count(calls_before), Count(calls_after), Ratio(calls_before, calls_after));
  const bool both = before.calls > 0 && after.calls > 0;
  text += Pair("mean", Mean(before), Mean(after),
               both ? Ratio(MeanTime(before), MeanTime(after)) : "");
  if (before.p95 || after.p95)
    text += Pair("p95", before.p95 ? Duration(*before.p95) : "-", after.p95 ? Duration(*after.p95) : "-",
                 before.p95 && after.p95 ? Ratio(*before.p95, *after.p95) : "");
  if (after.failed_calls + before.failed_calls > 0)
    text += Pair("failed", Count(PerHour(static_cast<double>(before.failed_calls), diff.before)),
                 Count(PerHour(static_cast<double>(after.failed_calls), diff.after)), "");
  return text;
}

}  // namespace

std::string DiffText(const model::WindowDiff& diff, std::size_t limit) {
  const Totals before = Sum(diff.before);
  const Totals after = Sum(diff.after);
  std::string text = fmt::format("database  {}\n", Printable(diff.server.database));
  text += WindowLine("before", diff.before) + WindowLine("after", diff.after);
  const auto line = [&](const char* name, double a, double b, auto show) {
    const double left = PerHour(a, diff.before);
    const double right = PerHour(b, diff.after);
    return fmt::format("{:<9} {} -> {} an hour{}\n", name, show(left), show(right), Ratio(left, right));
  };
  text += line("time", before.exec_time, after.exec_time, Duration);
  text += line("calls", before.calls, after.calls, Count);
  if (before.failed + after.failed > 0) text += line("failed", before.failed, after.failed, Count);
  const std::size_t shown = std::min(limit, diff.changes.size());
  for (std::size_t i = 0; i < shown; ++i) text += ChangeText(i + 1, diff.changes[i], diff);
  if (shown < diff.changes.size())
    text += fmt::format("\n{} more statements changed less; --limit shows more\n", diff.changes.size() - shown);
  return text;
}

}  // namespace steward::report
