// Advice on pools as text for people, JSON for programs, and as the document that is saved in the database. Pure: the same
// advice gives the same bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/pool_suggestion.hpp"

namespace steward::report {

/// What a report says beside the advice.
struct PoolReportContext {
  std::optional<std::int64_t> run_id;  // of the saved run
  std::string not_saved;               // why there is none; empty with --no-save
  std::size_t muted = 0;               // settings left out because somebody muted them
  std::string workload_file;           // --from; empty: the server's classes
};

std::string PoolText(const model::PoolAdvice& advice, const PoolReportContext& context);
std::string PoolJson(const model::PoolAdvice& advice, const PoolReportContext& context);

/// The argument of steward.save_suggestions(jsonb).
std::string PoolRunDocument(const model::PoolAdvice& advice, const std::string& workload_file, const std::string& tool_version);

}  // namespace steward::report
