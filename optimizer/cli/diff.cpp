// pgsteward diff: what changed between two windows of history. Reads only, in one transaction: safe through a pooler.
#include <fmt/format.h>

#include <cmath>

#include "advise/windows/compare_windows.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/requirements.hpp"
#include "collect/history_windows.hpp"
#include "collect/read_workload.hpp"
#include "db/error.hpp"
#include "db/transaction.hpp"
#include "report/diff_report.hpp"
#include "report/instants.hpp"

namespace steward::cli {

namespace {

constexpr const char* kWhenWritten = "It is written each pg_steward.history_interval, and now by: SELECT steward.write_history();";

double Resolve(db::Database& database, const Arguments::Instant& instant, std::optional<double> from, const char* option) {
  try {
    const double at = collect::ResolveInstant(database, {instant.text, instant.seconds_back}, from);
    if (std::isfinite(at)) return at;
  } catch (const db::Error& error) {
    if (!error.sqlstate().starts_with("22")) throw;
  }
  throw UsageError(fmt::format("invalid value for option \"{}\"", option),
                   "Give a time such as \"2026-11-25 14:00\", or how long ago: 90min, 2h, 1d.");
}

model::Window Read(db::Database& database, double until, double seconds, const char* name) {
  model::Window window = collect::ReadWindow(database, until - seconds, until);
  if (window.intervals > 0 && window.seconds > 0) return window;
  const std::string database_name = database.endpoint().database;
  const std::optional<collect::HistoryReach> reach = collect::ReadHistoryReach(database);
  if (!reach)
    throw db::Error({fmt::format("no history has been written yet in database \"{}\"", database_name), "", kWhenWritten, ""});
  throw db::Error({fmt::format("no interval of history ended between {} and {}, in the window \"{}\"",
                               report::LongInstant(until - seconds), report::LongInstant(until), name),
                   fmt::format("The history of database \"{}\" reaches from {} to {}.", database_name,
                               report::LongInstant(reach->start), report::LongInstant(reach->end)),
                   "Choose other times with --before, --after and --window.", ""});
}

model::WindowDiff Compare(db::Database& database, const Arguments& arguments) {
  const db::ReadOnlyTransaction transaction(database);
  const double after = Resolve(database, arguments.after, std::nullopt, "--after");
  const double before = Resolve(database, arguments.before, after, "--before");
  // Epoch seconds as doubles are exact to a fraction of a microsecond only.
  if (after - before < arguments.window_seconds - 1e-3)
    throw UsageError("the two windows overlap, or the earlier one is not earlier",
                     fmt::format("They end {} apart; --window says how long each is.", report::Span(std::fabs(after - before))));
  model::WindowDiff diff;
  diff.server.database = database.endpoint().database;
  diff.after = Read(database, after, arguments.window_seconds, "after");
  diff.before = Read(database, before, arguments.window_seconds, "before");
  diff.changes = advise::CompareWindows(diff.before, diff.after);
  return diff;
}

}  // namespace

Outcome RunDiff(db::Database& database, const Arguments& arguments) {
  RequireExtension(database);
  const model::WindowDiff diff = WithAdviceOnRights([&] { return Compare(database, arguments); });
  const auto limit = static_cast<std::size_t>(arguments.limit);
  const bool json = arguments.format == Format::kJson;
  return {json ? report::DiffJson(diff, limit) : report::DiffText(diff, limit), kExitOk};
}

}  // namespace steward::cli
