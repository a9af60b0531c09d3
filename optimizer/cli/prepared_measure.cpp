// See prepared_measure.hpp.
#include "cli/prepared_measure.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "act/prepared_runs.hpp"
#include "advise/prepared/judge_runs.hpp"

namespace steward::cli {

void MeasurePrepared(db::Database& database, const Arguments& arguments, Progress& progress, model::PreparedAdvice& advice) {
  auto* const timer = dynamic_cast<db::RunTimer*>(&database);
  if (timer == nullptr) throw std::logic_error("this session does not time what it runs");
  advise::PreparedOptions options;
  advice.measured = true;
  const auto wanted = std::min(static_cast<std::int64_t>(advice.suggestions.size()), arguments.limit);
  std::int64_t done = 0;
  for (model::PreparedSuggestion& row : advice.suggestions) {
    if (row.mute) continue;
    if (done == wanted) break;
    progress.Say("measuring", static_cast<double>(done++) / static_cast<double>(wanted));
    advise::Judge(act::RunPrepared(database, *timer, row.statement, arguments.prepared.measure_seconds), options, row);
  }
  const auto stays = [](const model::PreparedSuggestion& row) { return row.rejected_because.empty(); };
  const auto first = std::stable_partition(advice.suggestions.begin(), advice.suggestions.end(), stays);
  advice.rejected.assign(std::make_move_iterator(first), std::make_move_iterator(advice.suggestions.end()));
  advice.suggestions.erase(first, advice.suggestions.end());
}

}  // namespace steward::cli
