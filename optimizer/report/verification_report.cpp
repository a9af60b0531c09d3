// See verification_report.hpp.
#include "report/verification_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/instants.hpp"
#include "report/terminal_text.hpp"

namespace steward::report {

namespace {

using model::MeasuredStatement;

constexpr std::size_t kMostStatements = 15;  // in text; JSON has all

std::string Milliseconds(double time) {
  return fmt::format("{:.{}f}", time, time < 1 ? 3 : time < 100 ? 1 : 0);
}

// Calls x milliseconds, and planner units scaled to the same: what the planner made of it.
struct Totals {
  double before = 0;
  double after = 0;
  double predicted = 0;  // `after` as the planner's costs have it
  bool bound = false;    // `before` is at least that
};

Totals Sum(const model::Verification& verification) {
  Totals totals;
  for (const MeasuredStatement& statement : verification.statements) {
    const auto calls = static_cast<double>(statement.calls);
    totals.before += calls * statement.time_before;
    totals.after += calls * statement.time_after;
    totals.predicted += calls * statement.time_before * statement.cost_after / std::max(statement.cost_before, 1e-9);
    totals.bound |= statement.before_timed_out;
  }
  return totals;
}

std::string Counts(const model::Verification& verification) {
  std::string text =
      fmt::format("{} statement{} measured, {} not affected", verification.statements.size(),
                  verification.statements.size() == 1 ? "" : "s", verification.unaffected);
  std::int64_t left = 0;
  std::string reasons;
  for (const auto& [reason, count] : verification.not_measured) {
    left += count;
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : "; ", count, Printable(reason));
  }
  if (left > 0) text += fmt::format(", {} not measured ({})", left, reasons);
  return text;
}

std::string StatementLine(const MeasuredStatement& statement) {
  return fmt::format("   {:>20} {:>10} {}{:>11} {}{:>9} {:>9.2f} {:>9.2f}  {}\n", statement.queryid,
                     Grouped(static_cast<double>(statement.calls)), statement.before_timed_out ? ">" : " ",
                     Milliseconds(statement.time_before), statement.after_timed_out ? ">" : " ",
                     Milliseconds(statement.time_after), statement.cost_after / std::max(statement.cost_before, 1e-9),
                     statement.time_after / std::max(statement.time_before, 1e-9), Excerpt(statement.query, 28));
}

std::string Rejected(const model::IndexAdvice& advice) {
  if (advice.rejected.empty()) return "";
  std::string text = fmt::format("\nrejected by measurement ({})\n", advice.rejected.size());
  for (const model::IndexSuggestion& suggestion : advice.rejected)
    text += fmt::format("   {}  {} ({}){}: {}\n", suggestion.id, Printable(suggestion.definition.table_name),
                        Printable(KeysSql(suggestion.definition)), Printable(TailSql(suggestion.definition)),
                        Printable(suggestion.rejected_because));
  return text;
}

}  // namespace

std::string VerificationText(const model::IndexAdvice& advice) {
  if (!advice.verification) return "";
  const model::Verification& verification = *advice.verification;
  const Totals totals = Sum(verification);
  std::string text = fmt::format("\nverified  built {} on trial in {:.1f} s ({} predicted), rolled back\n          {}\n",
                                 Size(verification.built_size), verification.build_seconds,
                                 Size(verification.predicted_size), Counts(verification));
  if (totals.before > 0)
    text += fmt::format("          their time with the indexes that stay: {}{:.3f} of before, as the planner has it {:.3f}\n",
                        totals.bound ? "below " : "", totals.after / totals.before, totals.predicted / totals.before);
  text += Rejected(advice);
  if (verification.statements.empty()) return text;
  text += fmt::format("\n   {:>20} {:>10} {:>12} {:>10} {:>9} {:>9}  {}\n", "statement", "calls", "ms before", "after",
                      "predicted", "measured", "query");
  for (std::size_t i = 0; i < verification.statements.size() && i < kMostStatements; ++i)
    text += StatementLine(verification.statements[i]);
  if (verification.statements.size() > kMostStatements)
    text += fmt::format("   {} more in --format json\n", verification.statements.size() - kMostStatements);
  return text;
}

std::string MeasuredText(const model::IndexSuggestion& suggestion) {
  std::string text;
  if (suggestion.verified_before_time && suggestion.verified_after_time)
    text = fmt::format("{} -> {} ms a call", Milliseconds(*suggestion.verified_before_time),
                       Milliseconds(*suggestion.verified_after_time));
  if (suggestion.built_size) text += fmt::format("{}{} built", text.empty() ? "" : ", ", Size(*suggestion.built_size));
  return text;
}

nlohmann::ordered_json VerificationJson(const model::Verification& verification) {
  nlohmann::ordered_json json = {{"build_seconds", verification.build_seconds},
                                 {"built_size", verification.built_size},
                                 {"predicted_size", verification.predicted_size},
                                 {"unaffected", verification.unaffected},
                                 {"not_measured", verification.not_measured},
                                 {"statements", nlohmann::ordered_json::array()}};
  for (const MeasuredStatement& statement : verification.statements)
    json["statements"].push_back({{"userid", std::to_string(statement.userid)},
                                  {"queryid", std::to_string(statement.queryid)},
                                  {"role", statement.role},
                                  {"query", statement.query},
                                  {"calls", statement.calls},
                                  {"cost_before", statement.cost_before},
                                  {"cost_after", statement.cost_after},
                                  {"time_before", statement.time_before},
                                  {"time_after", statement.time_after},
                                  {"before_timed_out", statement.before_timed_out},
                                  {"after_timed_out", statement.after_timed_out},
                                  {"suggestions", statement.suggestions}});
  return json;
}

}  // namespace steward::report
