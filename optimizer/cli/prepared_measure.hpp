// advise prepared --measure: runs the suggested statements three ways and holds the advice to it.
#pragma once

#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "db/database.hpp"
#include "model/prepared_suggestion.hpp"

namespace steward::cli {

/// Measures what only reads, of the first `arguments.limit` suggestions that are not muted; moves what measured otherwise than was
/// predicted to `advice.rejected`.
void MeasurePrepared(db::Database& database, const Arguments& arguments, Progress& progress, model::PreparedAdvice& advice);

}  // namespace steward::cli
