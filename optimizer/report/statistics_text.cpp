// Statistics that the planner lacks, for people and as SQL. Declared in statistics_report.hpp.
#include <fmt/format.h>

#include "report/statistics_report.hpp"
#include "report/terminal_text.hpp"

namespace steward::report {

namespace {

constexpr std::size_t kMostShown = 5;

std::string Names(const std::vector<std::string>& columns) {
  std::string text;
  for (const std::string& column : columns) text += (text.empty() ? "" : ", ") + Printable(column);
  return text.empty() ? "" : " (" + text + ")";
}

std::string Plural(std::int64_t count, const char* noun) {
  return fmt::format("{} {}{}", Grouped(static_cast<double>(count)), noun, count == 1 ? "" : "s");
}

std::string Block(const model::StatisticsSuggestion& suggestion) {
  const std::string indent(11, ' ');
  std::string text = fmt::format(
      "   {}  {}\n", suggestion.id,
      Wrap(fmt::format("{}{}: rows estimated {}, measured {} ({}) in {} that took {}", Printable(suggestion.table),
                       Names(suggestion.columns), Grouped(suggestion.rows.estimated), Grouped(suggestion.rows.measured),
                       Plural(suggestion.rows.runs, "instrumented run"),
                       Plural(static_cast<std::int64_t>(suggestion.statements.size()), "statement"),
                       Duration(suggestion.total_exec_time)),
           11));
  text += indent + Wrap(Printable(suggestion.ddl), 11) + "\n";
  for (const std::string& caveat : suggestion.caveats) text += indent + Wrap(Printable(caveat), 11) + "\n";
  if (suggestion.mute) text += indent + Wrap("muted by " + Printable(suggestion.mute->by), 11) + "\n";
  if (!suggestion.undo_ddl.empty()) text += indent + Wrap("undo: " + Printable(suggestion.undo_ddl), 11) + "\n";
  return text;
}

}  // namespace

std::string StatisticsText(const std::vector<model::StatisticsSuggestion>& suggestions) {
  if (suggestions.empty()) return "";
  std::string text = fmt::format("\nstatistics ({}): estimates that were found wrong by more than ten times\n", suggestions.size());
  for (std::size_t i = 0; i < suggestions.size() && i < kMostShown; ++i) text += Block(suggestions[i]);
  if (suggestions.size() > kMostShown)
    text += fmt::format("   {} more in steward.statistics_suggestions and --format json\n", suggestions.size() - kMostShown);
  return text;
}

std::string StatisticsSql(const std::vector<model::StatisticsSuggestion>& suggestions) {
  std::string text;
  for (const model::StatisticsSuggestion& suggestion : suggestions) {
    text += fmt::format("\n-- suggestion {}: rows estimated {}, measured {}\n", suggestion.id,
                        Grouped(suggestion.rows.estimated), Grouped(suggestion.rows.measured));
    for (const std::string& caveat : suggestion.caveats) text += fmt::format("-- {}\n", Printable(caveat));
    if (!suggestion.undo_ddl.empty()) text += fmt::format("-- undo: {}\n", Printable(suggestion.undo_ddl));
    text += suggestion.ddl + "\n";
  }
  return text;
}

}  // namespace steward::report
