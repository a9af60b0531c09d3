// See prepared_workload.hpp.
#include "collect/prepared_workload.hpp"

#include <algorithm>

#include "collect/read_workload.hpp"
#include "db/error.hpp"
#include "db/transaction.hpp"

namespace steward::collect {

namespace {

using model::PreparedStatement;
using model::PreparedWorkload;

constexpr std::string_view kHidden = "<insufficient privilege>";
constexpr std::size_t kBatch = 10;
constexpr std::chrono::milliseconds kPatience{500};  // for locks: whoever holds them is not kept waiting behind us

PreparedStatement ReadOne(const db::Row& row) {
  PreparedStatement one;
  one.userid = static_cast<model::Oid>(row.Int("userid"));
  one.dbid = static_cast<model::Oid>(row.Int("dbid"));
  one.queryid = row.OptionalInt("queryid").value_or(0);
  one.role = row.Text("role");
  one.query = row.Text("query") == kHidden ? "" : row.Text("query");
  one.plannable = row.Text("plannable");
  one.parameter_types = row.TextArray("parameter_types");
  one.literals = static_cast<int>(row.OptionalInt("literals").value_or(0));
  one.compared = static_cast<int>(row.Int("compared"));
  one.untried = static_cast<int>(row.Int("untried"));
  one.calls = row.Int("calls");
  one.simple_calls = row.OptionalInt("simple_calls").value_or(0);
  one.extended_calls = row.OptionalInt("extended_calls").value_or(0);
  one.generic_plan_calls = row.OptionalInt("generic_plan_calls").value_or(0);
  one.custom_plan_calls = row.OptionalInt("custom_plan_calls").value_or(0);
  one.plans = row.OptionalInt("plans").value_or(0);
  one.total_plan_time = row.OptionalDouble("total_plan_time").value_or(0);
  one.total_exec_time = row.Double("total_exec_time");
  one.plan_cache_mode = row.Text("plan_cache_mode");
  one.seconds = std::max(0.0, row.OptionalDouble("seconds").value_or(0));
  if (one.queryid == 0)
    one.not_plannable = "not visible to this role";
  else if (!row.OptionalBool("costable").value_or(false))
    one.not_plannable = row.IsNull("reason") ? "no text" : row.Text("reason");
  return one;
}

model::PlanChoiceValue ReadValue(const db::Row& row) {
  model::PlanChoiceValue value;
  value.kind = row.Text("kind");
  value.method = row.Text("method");
  value.custom_cost = row.OptionalDouble("custom_cost");
  value.planning_charge = row.OptionalDouble("planning_charge").value_or(0);
  value.generic_cost_here = row.OptionalDouble("generic_cost_here");
  value.same_plan = row.OptionalBool("same_plan").value_or(false);
  value.frequency = row.OptionalDouble("frequency");
  return value;
}

void AddRow(const db::Row& row, model::PlanChoice& choice) {
  choice.error = row.Text("error");
  choice.sqlstate = row.Text("sqlstate");
  if (!choice.error.empty() || !choice.sqlstate.empty()) {
    if (choice.error.empty()) choice.error = "SQLSTATE " + choice.sqlstate;
    return;
  }
  choice.generic_cost = row.OptionalDouble("generic_cost");
  choice.parse_time = row.OptionalDouble("parse_time");
  if (const std::optional<double> time = row.OptionalDouble("plan_time")) {
    const auto before = static_cast<double>(choice.values.size());
    choice.plan_time = (choice.plan_time.value_or(0) * before + *time) / (before + 1);
  }
  choice.prunes = row.OptionalBool("prunes").value_or(false);
  choice.values.push_back(ReadValue(row));
}

void Ask(db::Database& database, const std::vector<PreparedStatement*>& statements) {
  std::vector<std::int64_t> userids;
  std::vector<std::int64_t> queryids;
  for (const PreparedStatement* one : statements) {
    userids.push_back(one->userid);
    queryids.push_back(one->queryid);
  }
  const db::ReadOnlyTransaction transaction(database, {std::chrono::minutes{10}, kPatience});
  const db::Result result = database.Query(
      "SELECT statement, kind, parse_time, plan_time, planning_charge, generic_cost, custom_cost, generic_cost_here, same_plan, frequency, prunes,"
      " method, sqlstate, error FROM steward.plan_choice($1::oid[], $2::bigint[], draws => 16) ORDER BY statement, value",
      {db::ArrayLiteral(userids), db::ArrayLiteral(queryids)});
  for (PreparedStatement* one : statements) one->choice.emplace().error = "the server did not answer for this statement";
  for (const db::Row row : result) {
    const auto place = static_cast<std::size_t>(row.Int("statement") - 1);
    if (place >= statements.size()) continue;
    model::PlanChoice& choice = *statements[place]->choice;
    if (choice.values.empty()) choice.error.clear();
    AddRow(row, choice);
  }
}

}  // namespace

PreparedWorkload ReadPreparedWorkload(db::Database& database) {
  PreparedWorkload workload;
  workload.server = ReadServerInfo(database);
  // Where the role that asks, or its client, has its own, the server's is not visible.
  const db::Result settings = database.Query(
      "SELECT CASE WHEN source IN ('client', 'user', 'database', 'database user') THEN boot_val ELSE reset_val END AS mode"
      " FROM pg_settings WHERE name = 'plan_cache_mode'");
  workload.plan_cache_mode = settings.Only().Text("mode");
  // Types are named as the pinned search_path makes them: with their schema unless that is pg_catalog; and with -1 for those of any
  // length, for "character" and "bit" are of length 1. A constant of the
  // client's own text has no mark; what it sent apart has "external".
  const db::Result result = database.Query(
      "SELECT s.userid::bigint AS userid, s.dbid::bigint AS dbid, s.queryid, pg_get_userbyid(s.userid) AS role, s.query,"
      " s.calls, s.simple_calls, s.extended_calls, s.generic_plan_calls, s.custom_plan_calls, s.plans, s.total_plan_time,"
      " s.total_exec_time, extract(epoch FROM now() - s.stats_since)::float8 AS seconds,"
      " coalesce((SELECT substr(c, 1 + length('plan_cache_mode=')) FROM pg_db_role_setting AS g, unnest(g.setconfig) AS c"
      "   WHERE starts_with(c, 'plan_cache_mode=') AND g.setrole IN (0, s.userid) AND g.setdatabase IN (0, s.dbid)"
      "   ORDER BY g.setrole = 0, g.setdatabase = 0 LIMIT 1), $1) AS plan_cache_mode, p.costable, p.reason, p.query AS plannable,"
      " (SELECT array_agg(format_type((e ->> 'type')::oid, -1) ORDER BY o)"
      "   FROM jsonb_array_elements(p.parameters) WITH ORDINALITY AS a (e, o)) AS parameter_types,"
      " (SELECT count(*) FROM jsonb_array_elements(p.parameters) AS e WHERE NOT e ? 'external') AS literals,"
      " t.compared, t.untried"
      " FROM steward.statements AS s JOIN pg_database AS d ON d.oid = s.dbid AND d.datname = current_database()"
      " LEFT JOIN steward.plannable AS p ON p.dbid = s.dbid AND p.queryid = s.queryid"
      " CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE tried AND NOT (e ->> 'kind' = 'upper' AND e ? 'pair')) AS compared,"
      "   count(*) FILTER (WHERE NOT tried) AS untried FROM jsonb_array_elements(p.parameters) AS a (e), LATERAL (SELECT e ? 'relid' AND"
      "     (e ->> 'kind' IN ('lower', 'upper') OR (e ->> 'kind' IN ('equality', 'none') AND EXISTS (SELECT FROM pg_operator AS o"
      "     WHERE o.oid = (e ->> 'operator')::oid AND o.oprrest = 'eqsel'::regproc))) AS tried) AS x) AS t"
      " WHERE s.toplevel AND s.calls > 0 AND coalesce(s.query, '') NOT LIKE '%/* pgsteward */%' ORDER BY s.userid, s.queryid",
      {workload.plan_cache_mode});
  for (const db::Row row : result) workload.statements.push_back(ReadOne(row));
  double longest = 0;
  for (const PreparedStatement& one : workload.statements) longest = std::max(longest, one.seconds);
  workload.server.window_start = workload.server.collected_at - longest;
  return workload;
}

void ReadPlanChoices(db::Database& database, const std::vector<std::size_t>& places, const std::function<void(double)>& progress,
                     PreparedWorkload& workload) {
  for (std::size_t begin = 0; begin < places.size(); begin += kBatch) {
    progress(static_cast<double>(begin) / static_cast<double>(places.size()));
    std::vector<PreparedStatement*> part;
    for (std::size_t i = begin; i < std::min(begin + kBatch, places.size()); ++i) part.push_back(&workload.statements[places[i]]);
    Ask(database, part);
  }
}

}  // namespace steward::collect
