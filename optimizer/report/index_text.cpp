// The text form of index advice, for a terminal of about 110 columns. Declared in index_report.hpp.
#include <fmt/format.h>

#include <algorithm>

#include "report/index_report.hpp"
#include "report/instants.hpp"
#include "report/statistics_report.hpp"
#include "report/terminal_text.hpp"
#include "report/unneeded_report.hpp"
#include "report/verification_report.hpp"

namespace steward::report {

namespace {

using model::Confidence;
using model::CostMethod;
using model::IndexAdvice;
using model::IndexSuggestion;

constexpr double kSecondsPerHour = 3600;
constexpr double kMillisecondsPerHour = 3600e3;

const char* Source(CostMethod method) {
  switch (method) {
    case CostMethod::kParameters:
      return "sampled";
    case CostMethod::kShapes:
      return "drawn from captured shapes and statistics";
    case CostMethod::kStatistics:
      return "drawn from statistics";
    default:
      return "unknown, costed with generic plans";
  }
}

std::string Plural(std::int64_t count, const char* noun) {
  return fmt::format("{} {}{}", Grouped(static_cast<double>(count)), noun, count == 1 ? "" : "s");
}

std::string Field(const char* name, const std::string& text) {
  return fmt::format("   {:<7} {}\n", name, Wrap(text, 11));
}

std::string Header(const IndexAdvice& advice, const IndexReportContext& context) {
  const model::ServerInfo& server = advice.server;
  const std::string place = server.host.empty() ? "local socket, port " : Printable(server.host) + ":";
  const std::string left =
      fmt::format("database {} on {}{} (PostgreSQL {}, {})", Printable(server.database), place, Printable(server.port),
                  Printable(server.version), server.standby ? "standby" : "primary");
  const std::string run = context.run_id ? fmt::format("run {}, ", *context.run_id) : "";
  std::string text = fmt::format("{}      {}{}\n", left, run, LongInstant(server.collected_at));
  if (!context.workload_file.empty()) text += fmt::format("workload  from file {}\n", Printable(context.workload_file));
  if (!server.source.empty())
    text += "source    " + Wrap(Printable(server.source) + ", not pg_steward: generic plans and assumed sizes, nothing measured", 10) + "\n";
  text += fmt::format("workload  {} to {} ({}), {}, {} calls, {} of execution\n", ShortInstant(server.window_start),
                      ShortInstant(server.window_end), Span(server.window_end - server.window_start),
                      Plural(advice.statements, "statement"), Count(static_cast<double>(advice.calls)),
                      Duration(advice.exec_time));
  if (server.window_end - server.window_start < kShortestRateWindow)
    text += fmt::format("          counted, not a rate: a window below {} says nothing about an hour\n",
                        Span(kShortestRateWindow));
  const double share = advice.exec_time > 0 ? 100 * advice.exec_time_costed / advice.exec_time : 0;
  text += fmt::format("costed    {} of {} = {:.1f} % of the time\n", advice.statements_costed,
                      Plural(advice.statements, "statement"), share);
  std::string reasons;
  for (const auto& [reason, count] : advice.not_costed)
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", count, Printable(reason));
  if (!reasons.empty()) text += fmt::format("          not costed: {}\n", Wrap(reasons, 22));
  if (advice.exec_time_alike > 0)
    text += fmt::format("          {} planned, which stand for the others alike: {:.1f} % of the time costed is theirs\n",
                        Plural(advice.statements_planned, "statement"), 100 * advice.exec_time_alike / advice.exec_time_costed);
  return text;
}

std::string SizeLine(const IndexAdvice& advice, const IndexReportContext& context) {
  const std::size_t count = advice.suggestions.size() + context.not_shown;
  std::string text = fmt::format("size      {} new index{} {}", count, count == 1 ? "" : "es", Size(advice.size));
  if (advice.budget > 0) text += fmt::format(" of {} budget", Size(advice.budget));
  if (context.not_shown > 0) text += fmt::format(" ({} shown)", advice.suggestions.size());
  return text + UnneededSummary(advice) + "\n";
}

// How far the set is from what no set can beat.
std::string BoundLine(const IndexAdvice& advice) {
  if (!advice.cost_lower_bound || advice.cost_before <= 0) return "";
  const auto saved = [&](double cost) { return std::max(0.0, 100 * (1 - cost / advice.cost_before)); };
  return fmt::format("saves     {:.1f} % of the planner's cost; no set of these candidates, at any size, saves more than {:.1f} %\n",
                     saved(advice.cost_after), saved(*advice.cost_lower_bound));
}

// Planner units of one call, the mean over the calls of the statements helped.
std::string CostPair(const IndexSuggestion& suggestion) {
  double calls = 0;
  for (const model::StatementEffect& effect : suggestion.helped) calls += static_cast<double>(effect.calls);
  calls = std::max(calls, 1.0);
  const auto cost = [&](double total) { return Grouped(total / calls, total / calls < 100 ? 2 : 0); };
  return fmt::format("{:>10} -> {:>8}", cost(suggestion.cost_before), cost(suggestion.cost_after));
}

double WindowHours(const IndexAdvice& advice) {
  return std::max(advice.server.window_end - advice.server.window_start, 0.0) / kSecondsPerHour;
}

// Time now spent in the statements helped. A week is only spoken of when at least a day was seen, an hour when at least
// an hour was; below that it is what was measured.
std::string AtStake(const IndexSuggestion& suggestion, const IndexAdvice& advice) {
  double measured = 0;
  for (const model::StatementEffect& effect : suggestion.helped) measured += effect.total_exec_time;
  const double hours = WindowHours(advice);
  if (hours < 1) return Duration(measured) + " seen";
  if (hours < 24) return Duration(suggestion.exec_time_per_hour) + "/h";
  const double hours_per_week = suggestion.exec_time_per_hour * 168 / kMillisecondsPerHour;
  if (hours_per_week >= 1) return fmt::format("{:.1f} h/week", hours_per_week);
  if (hours_per_week * 60 >= 1) return fmt::format("{:.0f} min/week", hours_per_week * 60);
  return fmt::format("{:.0f} s/week", hours_per_week * 3600);
}

std::string ShortName(const IndexSuggestion& suggestion) {
  const std::string method =
      suggestion.definition.method == "btree" ? "" : "USING " + suggestion.definition.method + " ";
  const std::string schemas =
      suggestion.tenants.empty() ? "" : fmt::format("in {} schemas: ", suggestion.tenants.size());
  return Excerpt(schemas + suggestion.definition.table_name + " " + method + "(" + KeysSql(suggestion.definition) + ")" +
                     TailSql(suggestion.definition),
                 52);
}

std::string Table(const IndexAdvice& advice) {
  std::string text = fmt::format("\n #  {:<52} {:>8}  {:>22}  {:>13}  confidence\n", "suggestion", "size",
                                 "cost, planner units", "time at stake");
  for (std::size_t i = 0; i < advice.suggestions.size(); ++i) {
    const IndexSuggestion& suggestion = advice.suggestions[i];
    text += fmt::format("{:>2}  {} {:>8}  {:>22}  {:>13}  {}\n", i + 1, PadRight(ShortName(suggestion), 52),
                        Size(suggestion.size), CostPair(suggestion), AtStake(suggestion, advice),
                        Word(suggestion.confidence));
  }
  return text;
}

std::string Helps(const IndexSuggestion& suggestion, const IndexAdvice& advice) {
  std::int64_t count = 0;
  for (const model::StatementEffect& effect : suggestion.helped) count += effect.alike;
  std::string text = Plural(count, "statement");
  if (suggestion.helped.empty()) return text;
  const model::StatementEffect& first = suggestion.helped.front();
  const std::string calls =
      WindowHours(advice) < 1 ? Plural(first.calls, "call") : Grouped(first.calls_per_hour) + " calls/h";
  text += fmt::format("   {} {} \"{}\" {}, mean {}", first.queryid, Printable(first.role), Excerpt(first.query, 60), calls,
                      Duration(first.mean_exec_time));
  if (first.p95_exec_time > 0) text += ", p95 " + Duration(first.p95_exec_time);
  if (count > 1) text += fmt::format(" (+{} more)", count - 1);
  return text;
}

std::string Hurts(const IndexSuggestion& suggestion, std::int64_t costed) {
  if (suggestion.hurt.empty()) return fmt::format("none of {}", costed);
  const model::StatementEffect& worst = *std::max_element(
      suggestion.hurt.begin(), suggestion.hurt.end(),
      [](const auto& a, const auto& b) { return a.cost_after * b.cost_before < b.cost_after * a.cost_before; });
  return fmt::format("{} of {}   {} {} \"{}\" {} -> {} planner units", suggestion.hurt.size(), costed, worst.queryid,
                     Printable(worst.role), Excerpt(worst.query, 60), Grouped(worst.cost_before),
                     Grouped(worst.cost_after));
}

// Rates only over an hour and more: a load just before the analysis is no rate.
std::string Writes(const IndexSuggestion& suggestion) {
  const std::string table = Printable(suggestion.definition.table_name);
  if (suggestion.inserted + suggestion.updated + suggestion.deleted <= 0) return table + ": no writes known";
  const bool rates = suggestion.write_hours >= 1;
  const auto part = [&](std::int64_t count, const char* what) {
    return Grouped(static_cast<double>(count) / (rates ? suggestion.write_hours : 1)) + what + (rates ? "/h" : "");
  };
  std::string text = table + ": " + part(suggestion.inserted, " ins") + ", " + part(suggestion.updated, " upd") + ", " +
                     part(suggestion.deleted, " del");
  if (suggestion.write_hours <= 0)
    text += " in a time not known";
  else if (!rates)
    text += " in the " + Span(suggestion.write_hours * kSecondsPerHour) + " since they are counted";
  if (suggestion.hot_update_ratio) text += fmt::format(", {:.0f} % of updates HOT", *suggestion.hot_update_ratio * 100);
  if (suggestion.hot_updates_lost_per_hour.value_or(0) > 0) {
    std::string columns;
    for (const std::string& column : suggestion.hot_lost_columns) columns += (columns.empty() ? "" : ", ") + Printable(column);
    text += fmt::format("; {} upd/h change {} and lose HOT (estimate)", Grouped(*suggestion.hot_updates_lost_per_hour), columns);
  }
  return text;
}

std::string Trust(const IndexSuggestion& suggestion) {
  std::string text;
  if (suggestion.rows)
    text = fmt::format("rows estimated {}, measured {} ({}); ", Grouped(suggestion.rows->estimated),
                       Grouped(suggestion.rows->measured), Plural(suggestion.rows->runs, "instrumented run"));
  return text + "parameters: " + Source(suggestion.method);
}

std::string Joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + Printable(part);
  return text;
}

std::string Muted(const model::Mute& mute) {
  std::string text = "by " + Printable(mute.by) + ", " + LongInstant(mute.at);
  if (mute.until) text += ", until " + LongInstant(*mute.until);
  return mute.reason.empty() ? text : text + ": " + Printable(mute.reason);
}

std::string Schemas(const IndexSuggestion& suggestion) {
  constexpr std::size_t kNamed = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(kNamed, suggestion.tenants.size()); ++i)
    text += (i == 0 ? "" : ", ") + Printable(suggestion.tenants[i].schema);
  if (suggestion.tenants.size() > kNamed) text += fmt::format(" and {} more", suggestion.tenants.size() - kNamed);
  return text + "; --format sql builds it in each";
}

std::string Block(const IndexSuggestion& suggestion, std::size_t number, const IndexAdvice& advice) {
  const std::string ddl = Printable(suggestion.ddl);
  std::string text = fmt::format("\n{:<2} {}  {}\n", number, suggestion.id, Wrap(ddl, 11));
  if (ddl != suggestion.ddl) text += Field("", "(names hold control characters: take the statement from --format sql)");
  if (!suggestion.tenants.empty()) text += Field("schemas", Schemas(suggestion));
  text += Field("helps", Helps(suggestion, advice));
  text += Field("hurts", Hurts(suggestion, advice.statements_costed));
  text += Field("writes", Writes(suggestion));
  text += Field("trust", Trust(suggestion));
  if (!suggestion.doubt.empty())
    text += Field("rank", "behind those without a doubt, whatever time is at stake: " + suggestion.doubt);
  if (const std::string measured = MeasuredText(suggestion); !measured.empty()) text += Field("proof", measured);
  if (!suggestion.covered.empty()) text += Field("covered", Joined(suggestion.covered));
  if (!suggestion.replaces.empty()) text += Field("makes", Joined(suggestion.replaces) + " superfluous");
  if (suggestion.mute) text += Field("muted", Muted(*suggestion.mute));
  if (!suggestion.caveats.empty())
    text += Field(suggestion.confidence == Confidence::kLow ? "low" : "note", Joined(suggestion.caveats));
  return text + Field("undo", Printable(suggestion.undo_ddl));
}

std::string WhyNone(const IndexAdvice& advice, const IndexReportContext& context) {
  if (context.muted > 0) return "\nno new index that is not muted\n";
  if (advice.search_stopped)
    return fmt::format("\nno suggestion: the search stopped after {} before it found one that saves enough\n",
                       Plural(advice.planner_calls, "planning"));
  return fmt::format("\nno suggestion: none of {} candidates saves enough\n", advice.candidates);
}

}  // namespace

std::string IndexText(const IndexAdvice& advice, const IndexReportContext& context) {
  std::string text = Header(advice, context);
  if (advice.server.parameters_captured)
    text += "\nParameter capture is on: statement texts and samples may hold values.\n";
  for (const std::string& warning : advice.warnings) text += "warning   " + Wrap(Printable(warning), 10) + "\n";
  if (advice.suggestions.empty()) {
    text += WhyNone(advice, context);
  } else {
    text += SizeLine(advice, context) + BoundLine(advice) + Table(advice);
    for (std::size_t i = 0; i < advice.suggestions.size(); ++i) text += Block(advice.suggestions[i], i + 1, advice);
  }
  if (context.not_shown > 0) text += fmt::format("\n{} more not shown (--limit)\n", context.not_shown);
  text += UnneededText(advice);
  text += StatisticsText(advice.statistics);
  if (context.muted > 0) text += fmt::format("\nmuted: {} (--show-muted)\n", context.muted);
  text += VerificationText(advice);
  text += "\nEstimates are planner costs, not measurements.\n";
  if (!advice.suggestions.empty() && advice.server.source.empty())
    text += "Evidence, plans and what was not chosen: pgsteward explain ID --plans\n";
  if (!advice.suggestions.empty()) text += "As a migration: --format sql -o indexes.sql\n";
  if (context.run_id) text += fmt::format("saved as run {} (steward.index_suggestions)\n", *context.run_id);
  if (!context.not_saved.empty()) text += "not saved: " + Printable(context.not_saved) + "\n";
  return text;
}

}  // namespace steward::report
