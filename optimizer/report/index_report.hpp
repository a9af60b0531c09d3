// Index advice as text for people, JSON for programs, SQL for migrations, and as the document that is saved in the
// database. Pure: the same advice gives the same bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/suggestion.hpp"

namespace steward::report {

/// What a report says beside the advice.
struct IndexReportContext {
  std::optional<std::int64_t> run_id;  // of the saved run
  std::string not_saved;               // why there is none; empty with --no-save
  std::size_t muted = 0;               // suggestions left out because somebody muted them
  std::size_t not_shown = 0;           // suggestions beyond --limit
  std::string workload_file;           // --from; empty: the server's capture
};

/// Of shorter windows rates are null in JSON, absent from text.
using model::kShortestRateWindow;

std::string IndexText(const model::IndexAdvice& advice, const IndexReportContext& context);
std::string IndexJson(const model::IndexAdvice& advice, const IndexReportContext& context);

/// One block an index, each complete: settings, CREATE INDEX CONCURRENTLY, and a check that the index became valid.
std::string IndexSql(const model::IndexAdvice& advice, const IndexReportContext& context);

/// The options of a run, kept with it.
struct RunOptions {
  std::int64_t budget = 0;
  std::int64_t limit = 0;
  std::string weight;
  std::string workload_file;
  double min_gain_percent = 0.5;
};

/// The argument of steward.save_suggestions(jsonb).
std::string RunDocument(const model::IndexAdvice& advice, const RunOptions& options, const std::string& tool_version);

}  // namespace steward::report
