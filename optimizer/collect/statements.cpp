// The captured statements and predicates of the connected database. Declared in read_workload.hpp.
#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "collect/read_workload.hpp"
#include "collect/recurring_values.hpp"

namespace steward::collect {

namespace {

constexpr std::string_view kHidden = "<insufficient privilege>";

model::Oid ToOid(std::int64_t value) {
  return static_cast<model::Oid>(value);
}

model::Statement ReadOne(const db::Row& row) {
  model::Statement statement;
  statement.userid = ToOid(row.Int("userid"));
  statement.queryid = row.OptionalInt("queryid").value_or(0);
  statement.role = row.Text("role");
  statement.query = row.Text("query") == kHidden ? "" : row.Text("query");
  statement.calls = row.Int("calls");
  statement.total_exec_time = row.Double("total_exec_time");
  statement.p95_exec_time = row.OptionalDouble("p95_exec_time").value_or(0);
  statement.total_plan_time = row.OptionalDouble("total_plan_time").value_or(0);
  statement.rows = row.Int("rows");
  statement.shared_blks_hit = row.Int("shared_blks_hit");
  statement.shared_blks_read = row.Int("shared_blks_read");
  statement.failed_calls = row.OptionalInt("failed_calls").value_or(0);
  statement.costable = statement.queryid != 0 && row.OptionalBool("costable").value_or(false);
  statement.samples = static_cast<int>(row.OptionalInt("samples").value_or(0));
  if (statement.queryid == 0)
    statement.not_costable = "not visible to this role";
  else if (!statement.costable)
    statement.not_costable = row.IsNull("reason") ? "no text" : row.Text("reason");
  return statement;
}

// The same statement at top level and nested inside a function: one text, one plan, one entry.
void Add(model::Statement& sum, const model::Statement& more) {
  sum.calls += more.calls;
  sum.total_exec_time += more.total_exec_time;
  sum.p95_exec_time = std::max(sum.p95_exec_time, more.p95_exec_time);
  sum.total_plan_time += more.total_plan_time;
  sum.rows += more.rows;
  sum.shared_blks_hit += more.shared_blks_hit;
  sum.shared_blks_read += more.shared_blks_read;
  sum.failed_calls += more.failed_calls;
}

template <typename Value, std::size_t kSize>
Value Lookup(const std::array<std::pair<std::string_view, Value>, kSize>& words, std::string_view word, Value unknown) {
  for (const auto& [name, value] : words)
    if (name == word) return value;
  return unknown;
}

}  // namespace

model::PredicateKind ParsePredicateKind(const std::string& word) {
  using Kind = model::PredicateKind;
  static constexpr std::array<std::pair<std::string_view, Kind>, 10> kWords = {{{"", Kind::kNone},
                                                                                {"equality", Kind::kEquality},
                                                                                {"range", Kind::kRange},
                                                                                {"list", Kind::kList},
                                                                                {"like_prefix", Kind::kLikePrefix},
                                                                                {"like_infix", Kind::kLikeInfix},
                                                                                {"is_null", Kind::kIsNull},
                                                                                {"not_equal", Kind::kNotEqual},
                                                                                {"containment", Kind::kContainment},
                                                                                {"other", Kind::kOther}}};
  return Lookup(kWords, word, Kind::kOther);
}

model::PredicateRole ParsePredicateRole(const std::string& word) {
  using Role = model::PredicateRole;
  static constexpr std::array<std::pair<std::string_view, Role>, 6> kWords = {{{"filter", Role::kFilter},
                                                                               {"index", Role::kIndex},
                                                                               {"join", Role::kJoin},
                                                                               {"sort", Role::kSort},
                                                                               {"group", Role::kGroup},
                                                                               {"output", Role::kOutput}}};
  return Lookup(kWords, word, Role::kFilter);
}

std::vector<model::Statement> ReadStatements(db::Database& database) {
  // A text can be missing (NULL): those calls count as well.
  const db::Result result = database.Query(
      "SELECT s.userid::bigint AS userid, s.queryid, pg_get_userbyid(s.userid) AS role, s.query, s.calls,"
      " s.total_exec_time, s.p95_exec_time, s.total_plan_time, s.rows, s.shared_blks_hit, s.shared_blks_read,"
      " s.failed_calls, p.costable, p.reason, p.samples"
      " FROM steward.statements s JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database()"
      " LEFT JOIN steward.plannable p ON p.dbid = s.dbid AND p.queryid = s.queryid"
      " WHERE s.calls > 0 AND coalesce(s.query, '') NOT LIKE '%/* pgsteward */%' ORDER BY s.userid, s.queryid, "
      "s.toplevel");
  std::vector<model::Statement> statements;
  std::map<std::pair<model::Oid, std::int64_t>, std::size_t> known;
  for (const db::Row row : result) {
    const model::Statement statement = ReadOne(row);
    const auto [entry, fresh] = known.try_emplace({statement.userid, statement.queryid}, statements.size());
    if (fresh || statement.queryid == 0)
      statements.push_back(statement);
    else
      Add(statements[entry->second], statement);
  }
  for (model::Statement& statement : statements)
    statement.mean_exec_time = statement.total_exec_time / static_cast<double>(statement.calls);
  return statements;
}

std::vector<model::Predicate> ReadPredicates(db::Database& database) {
  // A boolean column that the client compares with its own parameter looks, in a plan for one value, like a test of the
  // column; a generic plan says otherwise.
  const db::Result result = database.Query(
      "WITH given AS MATERIALIZED (SELECT DISTINCT t.dbid, t.queryid, a.attname FROM steward.plannable t"
      "  CROSS JOIN jsonb_array_elements(t.parameters) e JOIN pg_attribute a ON a.attrelid = (e ->> 'relid')::oid"
      "    AND a.attnum = (e ->> 'attnum')::int WHERE e ->> 'type' = '16' AND e ? 'external'), recurring AS MATERIALIZED (" +
      RecurringValuesSql(ReadsSamples(database)) +
      ")"
      " SELECT p.userid::bigint AS userid, p.queryid, p.planid, p.relid::bigint AS relid, p.attnum, p.expression, "
      "p.role,"
      " p.kind, CASE WHEN p.operator IN ('= true', '= false') AND EXISTS (SELECT FROM given g WHERE g.dbid = p.dbid"
      "   AND g.queryid = p.queryid AND g.attname = p.attname) THEN NULL ELSE p.operator END AS operator,"
      " p.other_relid::bigint AS other_relid, p.other_attnum, p.scan_no, p.position, p.descending,"
      " p.nulls_first, p.estimated_selectivity, p.actual_selectivity, p.executions,"
      " CASE WHEN p.kind = 'equality' AND p.role IN ('filter', 'index') THEN r.test END AS value_test_sql"
      " FROM steward.predicates p LEFT JOIN recurring r ON r.queryid = p.queryid"
      "   AND r.attname = p.attname AND r.root = coalesce(pg_partition_root(p.relid)::oid, p.relid)"
      " JOIN pg_database d ON d.oid = p.dbid AND d.datname = current_database()"
      " WHERE p.queryid IS NOT NULL AND p.role <> 'update' ORDER BY p.userid, p.queryid, p.planid, p.predicate_no");
  std::vector<model::Predicate> predicates;
  for (const db::Row row : result) {
    model::Predicate predicate;
    predicate.userid = ToOid(row.Int("userid"));
    predicate.queryid = row.Int("queryid");
    predicate.planid = row.Int("planid");
    predicate.relid = ToOid(row.Int("relid"));
    predicate.attnum = static_cast<int>(row.Int("attnum"));
    predicate.expression = WithoutOuterParentheses(row.Text("expression"));
    predicate.role = ParsePredicateRole(row.Text("role"));
    predicate.kind = ParsePredicateKind(row.Text("kind"));
    predicate.operator_name = row.Text("operator");
    predicate.other_relid = ToOid(row.OptionalInt("other_relid").value_or(0));
    predicate.other_attnum = static_cast<int>(row.OptionalInt("other_attnum").value_or(0));
    predicate.scan_no = static_cast<int>(row.OptionalInt("scan_no").value_or(0));
    predicate.position = static_cast<int>(row.OptionalInt("position").value_or(0));
    predicate.descending = row.OptionalBool("descending").value_or(false);
    predicate.nulls_first = row.OptionalBool("nulls_first").value_or(false);
    predicate.estimated_selectivity = row.OptionalDouble("estimated_selectivity");
    predicate.actual_selectivity = row.OptionalDouble("actual_selectivity");
    predicate.executions = row.OptionalInt("executions").value_or(0);
    predicate.value_test_sql = row.Text("value_test_sql");
    predicates.push_back(std::move(predicate));
  }
  return predicates;
}

}  // namespace steward::collect
