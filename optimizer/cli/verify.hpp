// advise indexes --verify: asks, has the suggested indexes built on trial and measured, and puts the result into the advice.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "db/database.hpp"
#include "model/suggestion.hpp"
#include "model/workload.hpp"

namespace steward::cli {

/// Throws before any analysis what would keep --verify from being done: a standby, no terminal to ask on.
void RequireVerifiable(db::Database& database, const Arguments& arguments);

/// Advice without the suggestions of these ids.
using AdviseWithout = std::function<model::IndexAdvice(const std::set<std::string>& excluded)>;

/// Leaves the suggestions that stood the test in `advice`, with what was measured. Where some did not, and building was
/// quick, `advise_again` is asked for others in their place, which are then tried as well. Says in the warnings when the
/// user declined. `progress` is cleared while a question stands on the terminal.
void Verify(db::Database& database, const Arguments& arguments, const model::Workload& workload, Progress& progress,
            const AdviseWithout& advise_again, model::IndexAdvice& advice);

}  // namespace steward::cli
