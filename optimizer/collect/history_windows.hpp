// Reads windows of a database's history.
#pragma once

#include <optional>
#include <string>

#include "db/database.hpp"
#include "model/window.hpp"

namespace steward::collect {

/// An instant as the user gave it: text for the server, or a span back from another instant.
struct InstantSpec {
  std::string text;         // a timestamp in the server's input format; empty: `seconds_back` counts
  double seconds_back = 0;
};

/// Epoch seconds of `spec`, spans counted back from `from` (epoch seconds; none: now). Text is read in the time zone and date
/// style that the session began with, not in those that a transaction of ours pins. Infinite for 'infinity'. Throws db::Error with SQLSTATE 22007 or
/// 22008 when the server cannot read the text.
double ResolveInstant(db::Database& database, const InstantSpec& spec, std::optional<double> from);

/// The intervals of the current database that ended after `since` and not after `until` (epoch seconds), with their
/// statements. `intervals` is 0 when there is none.
model::Window ReadWindow(db::Database& database, double since, double until);

/// From when to when there is history, epoch seconds; none when nothing was written yet.
struct HistoryReach {
  double start = 0;
  double end = 0;
};
std::optional<HistoryReach> ReadHistoryReach(db::Database& database);

}  // namespace steward::collect
