// See saved_run.hpp.
#include "collect/saved_run.hpp"

namespace steward::collect {

std::optional<model::SavedRun> ReadNewestRun(db::Database& database) {
  const db::Result found = database.Query(
      "SELECT run_id, extract(epoch FROM started_at)::float8 AS started_at, (options ->> 'budget')::bigint AS budget,"
      " coalesce(options ->> 'weight', 'time') AS weight, (options ->> 'min_gain_percent')::float8 AS min_gain"
      " FROM steward.analysis_runs WHERE kind = 'indexes' ORDER BY run_id DESC LIMIT 1");
  if (found.empty()) return std::nullopt;
  model::SavedRun run;
  run.run_id = found[0].Int("run_id");
  run.started_at = found[0].Double("started_at");
  run.budget = found[0].OptionalInt("budget").value_or(0);
  run.weigh_calls = found[0].Text("weight") == "calls";
  run.min_gain_percent = found[0].OptionalDouble("min_gain").value_or(run.min_gain_percent);
  const db::Result rows = database.Query(
      "SELECT suggestion_id, kind, status, confidence, caveats, extract(epoch FROM first_seen)::float8 AS first_seen,"
      " extract(epoch FROM last_seen)::float8 AS last_seen, ddl, undo_ddl, details, evidence"
      " FROM steward.newest_suggestions WHERE run_id = $1::bigint ORDER BY kind, suggestion_id",
      {std::to_string(run.run_id)});
  for (const db::Row row : rows)
    run.suggestions.push_back({row.Text("suggestion_id"), row.Text("kind"), row.Text("status"), row.Text("confidence"),
                               row.TextArray("caveats"), row.Double("first_seen"), row.Double("last_seen"),
                               row.Text("ddl"), row.Text("undo_ddl"), row.Text("details"), row.Text("evidence")});
  return run;
}

}  // namespace steward::collect
