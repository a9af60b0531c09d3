// Advice on prepared statements as text for people. Declared in prepared_report.hpp.
#include <fmt/format.h>

#include <algorithm>

#include "report/advice_header.hpp"
#include "report/instants.hpp"
#include "report/prepared_report.hpp"
#include "report/terminal_text.hpp"

namespace steward::report {

namespace {

using model::PreparedAction;
using model::PreparedAdvice;
using model::PreparedMeasurement;
using model::PreparedSuggestion;

std::string Indented(const std::string& text) {
  return fmt::format("          {}\n", Wrap(text, 10));
}

// Shorter than what Duration() is made for: most of what is saved is less than a tenth of a millisecond.
std::string Short(double milliseconds) {
  return milliseconds < 1 ? fmt::format("{:.3g} us", 1000 * milliseconds) : Duration(milliseconds);
}

std::string Header(const PreparedAdvice& advice, const PreparedReportContext& context) {
  const model::ServerInfo& server = advice.server;
  std::string text = ServerLine(server, context.run_id);
  if (!context.workload_file.empty()) text += HeaderLine("workload", "from file " + context.workload_file);
  text += HeaderLine("workload", fmt::format("{} to {} ({}), {} statements of clients", ShortInstant(server.window_start),
                                       ShortInstant(server.window_end), Span(server.window_end - server.window_start), advice.statements));
  const double share = advice.exec_time > 0 ? advice.exec_time_planned / advice.exec_time : 0;
  text += HeaderLine("planned", fmt::format("{} of them = {:.1f} % of the time of execution", advice.statements_planned, 100 * share));
  text += HeaderLine("pooler", advice.pooler.note);
  for (const std::string& warning : advice.warnings) text += HeaderLine("warning", warning);
  if (advice.plan_cache_mode != "auto") text += HeaderLine("setting", "plan_cache_mode is " + advice.plan_cache_mode);
  return text;
}

std::string SavingText(const PreparedSuggestion& row) {
  if (!row.saved_per_call && !row.planning_only) return "what it costs in time is not known: costs are the planner's";
  const auto part = [](const std::optional<double>& time) { return time ? Short(*time) : std::string("not known"); };
  const std::string saved = row.saved_per_call ? fmt::format("saves {} a call, {} an hour", Short(*row.saved_per_call), Duration(row.saved_per_hour.value_or(0)))
                                               : "may save parsing";
  return fmt::format("{} (parsing {}, planning {}, execution {})", saved, part(row.parse_time), part(row.plan_time),
                     Short(row.statement.MeanExecTime()));
}

std::string CallsText(const PreparedSuggestion& row) {
  const model::PreparedStatement& statement = row.statement;
  return fmt::format("{} calls/h of {}: {} simple, {} extended; plans: {} generic, {} for values", Grouped(row.calls_per_hour),
                     statement.role, Count(static_cast<double>(statement.simple_calls)), Count(static_cast<double>(statement.extended_calls)),
                     Count(static_cast<double>(statement.generic_plan_calls)), Count(static_cast<double>(statement.custom_plan_calls)));
}

std::string MeasuredText(const PreparedMeasurement& measured) {
  if (!measured.error.empty()) return "not measured: " + measured.error;
  std::string text = fmt::format("measured: simple {}, prepared with plans for values {}, with the generic plan {}; saves {} a call "
                                 "(95 %: {} to {}, {} rounds of {} values)", Short(measured.simple.median), Short(measured.custom.median),
                                 Short(measured.generic.median), Short(measured.saved), Short(measured.saved_low), Short(measured.saved_high),
                                 measured.rounds, measured.values);
  if (!measured.decided) text += "; that decides nothing";
  if (measured.worst_ratio) text += fmt::format("; worst value {:.2g} times as long with the generic plan", *measured.worst_ratio);
  return text;
}

std::string Block(const PreparedSuggestion& row) {
  std::string text = fmt::format("\n{:<9} {}{}   query id {}\n", row.id, Word(row.action),
                                 row.then == PreparedAction::kNone ? "" : fmt::format(", then {}", Word(row.then)), row.statement.queryid);
  if (!row.statement.query.empty()) text += Indented(Excerpt(row.statement.query, 180));
  text += Indented(Printable(CallsText(row))) + Indented(SavingText(row)) + Indented(Printable(row.reason));
  if (row.generic_cost && row.custom_cost)
    text += Indented(fmt::format("cost of the generic plan {}, of plans for values {} (mean), in planner units", Grouped(*row.generic_cost, 1),
                                 Grouped(*row.custom_cost, 1)));
  if (row.measured) text += Indented(Printable(MeasuredText(*row.measured)));
  if (!row.rejected_because.empty()) text += Indented("rejected: " + Printable(row.rejected_because));
  for (const std::string& caveat : row.caveats) text += Indented("note: " + Printable(caveat));
  text += Indented(fmt::format("confidence {}", Word(row.confidence)));
  if (row.mute) text += Indented("muted by " + Printable(row.mute->by));
  for (std::size_t begin = 0; begin < row.prepare_sql.size();) {
    const std::size_t end = std::min(row.prepare_sql.find('\n', begin), row.prepare_sql.size());
    text += Indented(Printable(row.prepare_sql.substr(begin, end - begin)));
    begin = end + 1;
  }
  return text;
}

std::string Drivers(const std::string& title, const std::vector<std::pair<std::string, std::string>>& drivers) {
  std::string text = "\n" + title + "\n";
  for (const auto& [driver, what] : drivers) text += fmt::format("  {:<14} {}\n", driver, Wrap(what, 17));
  return text;
}

bool Any(const std::vector<PreparedSuggestion>& rows, bool stopping) {
  return std::any_of(rows.begin(), rows.end(), [&](const PreparedSuggestion& row) {
    return (row.action == PreparedAction::kStopPreparing) == stopping;
  });
}

std::string Rest(const PreparedAdvice& advice, const PreparedReportContext& context) {
  std::string text;
  if (context.not_shown > 0) text += fmt::format("\nnot shown: {} (--limit)\n", context.not_shown);
  if (!advice.nothing_to_do.empty()) {
    text += "\nnothing to do\n";
    for (const auto& [reason, count] : advice.nothing_to_do) text += fmt::format("  {:>6}  {}\n", count, Wrap(Printable(reason), 10));
  }
  if (context.muted > 0) text += fmt::format("\nmuted: {} (--show-muted)\n", context.muted);
  return text;
}

}  // namespace

std::string PreparedText(const PreparedAdvice& advice, const PreparedReportContext& context) {
  std::string text = Header(advice, context);
  if (advice.suggestions.empty()) text += "\nno statement is worth preparing, or to be prepared no longer\n";
  for (const PreparedSuggestion& row : advice.suggestions) text += Block(row);
  if (!advice.withheld.empty()) text += "\nwithheld, for the pooler does not allow it\n";
  for (const PreparedSuggestion& row : advice.withheld) text += Block(row);
  if (!advice.rejected.empty()) text += "\nrejected by measuring\n";
  for (const PreparedSuggestion& row : advice.rejected) text += Block(row);
  if (Any(advice.suggestions, false)) text += Drivers("to prepare, by driver", context.drivers_on);
  if (Any(advice.suggestions, true) || !advice.withheld.empty()) text += Drivers("not to prepare, by driver", context.drivers_off);
  text += Rest(advice, context) + "\n";
  if (!advice.measured) text += "Savings are predicted, not measured: pgsteward advise prepared --measure\n";
  if (context.run_id) text += fmt::format("saved as run {} (steward.prepared_suggestions)\n", *context.run_id);
  if (!context.not_saved.empty()) text += "not saved: " + Printable(context.not_saved) + "\n";
  return text;
}

}  // namespace steward::report
