// The parts of an index report on existing indexes that are not needed as they are, and on foreign keys without one.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "model/suggestion.hpp"

namespace steward::report {

/// ", 2 indexes to drop free 640 MB", or nothing.
std::string UnneededSummary(const model::IndexAdvice& advice);

/// What to drop, to rebuild, to watch and to keep, and the foreign keys; each list cut, the largest first.
std::string UnneededText(const model::IndexAdvice& advice);

/// All of what there is to do, commented out: whoever runs the file adds indexes only (RELIABILITY C7).
std::string UnneededSql(const model::IndexAdvice& advice);

/// One suggestion of steward.save_suggestions(jsonb).
nlohmann::ordered_json UnneededJson(const model::UnneededIndex& index, const model::IndexAdvice& advice);
nlohmann::ordered_json ForeignKeyJson(const model::UnindexedForeignKey& key);

}  // namespace steward::report
