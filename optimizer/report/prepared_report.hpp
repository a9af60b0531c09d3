// Advice on prepared statements as text for people, JSON for programs, and as the document that is saved in the database.
// Pure: the same advice gives the same bytes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/prepared_suggestion.hpp"

namespace steward::report {

/// What a report says beside the advice.
struct PreparedReportContext {
  std::optional<std::int64_t> run_id;  // of the saved run
  std::string not_saved;               // why there is none; empty with --no-save
  std::size_t muted = 0;
  std::size_t not_shown = 0;           // beyond --limit
  std::string workload_file;           // --from; empty: the server's statements
  std::vector<std::pair<std::string, std::string>> drivers_on;   // driver and what to set to prepare
  std::vector<std::pair<std::string, std::string>> drivers_off;  // and not to
};

std::string PreparedText(const model::PreparedAdvice& advice, const PreparedReportContext& context);
std::string PreparedJson(const model::PreparedAdvice& advice, const PreparedReportContext& context);

/// The argument of steward.save_suggestions(jsonb).
std::string PreparedRunDocument(const model::PreparedAdvice& advice, const PreparedReportContext& context,
                                const std::string& tool_version);

}  // namespace steward::report
