// See hypopg_workload.hpp.
#include "collect/hypopg_workload.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>

#include "collect/plan_predicates.hpp"
#include "collect/plannable_text.hpp"
#include "collect/read_workload.hpp"
#include "db/error.hpp"

namespace steward::collect {

using nlohmann::json;

namespace {

constexpr std::size_t kMostPlanned = 5000;
constexpr std::size_t kAtOnce = 200;  // statements in one transaction: it keeps the locks that planning takes
constexpr int kMostTexts = 10;           // that are tried for a statement
constexpr db::TransactionLimits kLimits{std::chrono::seconds{30}, std::chrono::milliseconds{100}};
constexpr std::string_view kHidden = "<insufficient privilege>";

// The first word, in capitals, behind comments and brackets.
std::string FirstWord(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("--"))
      at += std::min(rest.find('\n'), rest.size() - 1) + 1;
    else if (rest.starts_with("/*"))
      at += rest.find("*/") == std::string_view::npos ? rest.size() : rest.find("*/") + 2;
    else if (rest[0] == '(' || std::isspace(static_cast<unsigned char>(rest[0])) != 0)
      ++at;
    else
      break;
  }
  std::string word;
  for (; at < text.size() && std::isalpha(static_cast<unsigned char>(text[at])) != 0; ++at)
    word += static_cast<char>(std::toupper(static_cast<unsigned char>(text[at])));
  return word;
}

bool HasPlan(const std::string& query) {
  constexpr const char* kWords[] = {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "TABLE"};
  const std::string word = FirstWord(query);
  return std::any_of(std::begin(kWords), std::end(kWords), [&](const char* known) { return word == known; });
}

model::Statement ReadOne(const db::Row& row) {
  model::Statement statement;
  statement.userid = static_cast<model::Oid>(row.Int("userid"));
  statement.queryid = row.OptionalInt("queryid").value_or(0);
  statement.role = row.Text("role");
  statement.query = row.Text("query") == kHidden ? "" : row.Text("query");
  statement.calls = row.Int("calls");
  statement.total_exec_time = row.Double("total_exec_time");
  statement.mean_exec_time = statement.total_exec_time / static_cast<double>(statement.calls);
  statement.total_plan_time = row.Double("total_plan_time");
  statement.rows = row.Int("rows");
  statement.shared_blks_hit = row.Int("shared_blks_hit");
  statement.shared_blks_read = row.Int("shared_blks_read");
  if (statement.queryid == 0)
    statement.not_costable = "not visible to this role";
  else if (statement.query.empty())
    statement.not_costable = "no text";
  else if (!HasPlan(statement.query))
    statement.not_costable = "utility";
  return statement;
}

void RequireVersion(const HypopgSource& source) {
  const std::string& version = source.statements_version;
  if (version.find('.') != std::string::npos && std::stoi(version.substr(version.find('.') + 1)) >= 9) return;
  throw db::Error({"extension pg_stat_statements is of version " + version + " in this database; 1.9 is needed", "",
                   "Run: ALTER EXTENSION pg_stat_statements UPDATE;", ""});
}

struct Planned {
  std::size_t statement = 0;
  json plan;
};

// Plans what can be, the heaviest first; marks the others.
class Planner {
 public:
  Planner(db::Database& database, db::PlanningFacts& facts, std::vector<model::Statement>& statements)
      : database_(database), facts_(facts), statements_(statements) {}

  std::vector<Planned> Run(const std::function<void(double)>& progress) {
    const std::vector<std::size_t> order = Order();
    for (std::size_t begin = 0; begin < order.size(); begin += kAtOnce) {
      std::optional<db::PlanningTransaction> transaction;
      for (std::size_t i = begin; i < std::min(begin + kAtOnce, order.size()); ++i) Plan(order[i], transaction);
      progress(static_cast<double>(begin) / static_cast<double>(order.size()));
    }
    return std::move(planned_);
  }

 private:
  std::vector<std::size_t> Order() {
    std::vector<std::size_t> order;
    for (std::size_t s = 0; s < statements_.size(); ++s)
      if (statements_[s].not_costable.empty()) order.push_back(s);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return statements_[a].total_exec_time > statements_[b].total_exec_time;
    });
    for (std::size_t i = kMostPlanned; i < order.size(); ++i)
      statements_[order[i]].not_costable = "beyond the " + std::to_string(kMostPlanned) + " heaviest";
    order.resize(std::min(order.size(), kMostPlanned));
    return order;
  }

  // Text by text, until the server takes one or there is none left to try.
  void Plan(std::size_t s, std::optional<db::PlanningTransaction>& transaction) {
    model::Statement& statement = statements_[s];
    std::string text = statement.query;
    for (int turn = 0; turn < kMostTexts && !statement.costable; ++turn) {
      if (!transaction) transaction.emplace(database_, facts_, kLimits);
      try {
        planned_.push_back({s, json::parse(transaction->Explain(text, statement.userid))});
        statement.costable = true;
        if (text != statement.query) statement.plannable = text;
      } catch (const json::exception&) {
        statement.not_costable = WhyNotPlanned("");
        return;
      } catch (const db::ConnectionError&) {
        throw;
      } catch (const db::Interrupted&) {
        throw;
      } catch (const db::Error& error) {
        transaction.reset();
        statement.not_costable = WhyNotPlanned(error.sqlstate());
        std::string mended = MendedText(text, error.sqlstate(), error.what());
        if (mended == text) return;
        text = std::move(mended);
      }
    }
    if (statement.costable) statement.not_costable.clear();
  }

  db::Database& database_;
  db::PlanningFacts& facts_;
  std::vector<model::Statement>& statements_;
  std::vector<Planned> planned_;
};

// Of a domain the base type is one that a cast to changes nothing.
void ReadColumnFacts(db::Database& database, const std::vector<std::int64_t>& relids, PlanNames& names) {
  const db::Result result = database.Query(
      "SELECT a.attrelid::bigint AS relid, a.attnum, coalesce(s.null_frac, 0) AS null_fraction,"
      " CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * greatest(c.reltuples, 0) ELSE coalesce(s.n_distinct, 0) END"
      "   AS distinct,"
      " ARRAY(SELECT format_type(k.casttarget, NULL) FROM pg_cast k WHERE k.castsource = t.oid AND k.castmethod = 'b')"
      "   || format_type(t.oid, NULL) AS same_types"
      " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
      " JOIN pg_type d ON d.oid = a.atttypid"
      " JOIN pg_type t ON t.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END"
      " LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname"
      "   AND s.inherited = (c.relkind = 'p')"
      " WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped",
      {db::ArrayLiteral(relids)});
  for (const db::Row row : result) {
    const std::vector<std::string> types = row.TextArray("same_types");
    names.Add(static_cast<model::Oid>(row.Int("relid")), static_cast<int>(row.Int("attnum")),
              {row.Double("distinct"), row.Double("null_fraction"), {types.begin(), types.end()}});
  }
}

// The tables in the plans, and the partitioned tables above them.
std::vector<std::int64_t> RelationsOf(const std::vector<Planned>& planned, const model::Workload& workload) {
  const PlanNames names(workload.tables);
  std::map<model::Oid, model::Oid> parents;
  for (const model::Table& table : workload.tables) parents[table.relid] = table.parent;
  std::set<std::int64_t> relations;
  for (const Planned& entry : planned)
    for (const model::Table* table : TablesIn(entry.plan, names))
      for (model::Oid relation = table->relid; relation != 0; relation = parents[relation])
        if (!relations.insert(relation).second) break;
  return {relations.begin(), relations.end()};
}

void AddPlans(const std::vector<Planned>& planned, const PlanNames& names, model::Workload& workload) {
  std::map<std::pair<std::string, std::string>, model::ExistingIndex*> indexes;
  for (model::ExistingIndex& index : workload.indexes)
    if (const model::Table* table = workload.FindTable(index.definition.relid); table != nullptr)
      indexes[{table->schema, index.name}] = &index;
  for (const Planned& entry : planned) {
    const model::Statement& statement = workload.statements[entry.statement];
    for (model::Predicate& predicate : PredicatesIn(entry.plan, names)) {
      predicate.userid = statement.userid;
      predicate.queryid = statement.queryid;
      predicate.executions = statement.calls;
      workload.predicates.push_back(std::move(predicate));
    }
    for (const auto& name : IndexesIn(entry.plan))
      if (const auto index = indexes.find(name); index != indexes.end()) ++index->second->plans;
  }
}

}  // namespace

std::string HypopgSource::Name() const {
  return "pg_stat_statements " + statements_version + " + hypopg " + hypopg_version;
}

HypopgSource ReadHypopgSource(db::Database& database) {
  HypopgSource source;
  const db::Result result = database.Query(
      // Anybody can set a name like that; only one that a library defined has such a context.
      "SELECT e.extname AS name, e.extversion AS version, quote_ident(n.nspname) AS schema,"
      " EXISTS (SELECT FROM pg_settings WHERE name = 'pg_stat_statements.max' AND context = 'postmaster') AS loaded"
      " FROM pg_extension e"
      " JOIN pg_namespace n ON n.oid = e.extnamespace"
      " WHERE e.extname IN ('pg_steward', 'pg_stat_statements', 'hypopg')");
  for (const db::Row row : result) {
    source.steward = source.steward || row.Text("name") == "pg_steward";
    if (row.Text("name") == "pg_stat_statements") {
      source.statements_schema = row.Text("schema");
      source.statements_version = row.Text("version");
      source.statements_loaded = row.Bool("loaded");
    } else if (row.Text("name") == "hypopg") {
      source.hypopg_schema = row.Text("schema");
      source.hypopg_version = row.Text("version");
    }
  }
  return source;
}

std::string WhyNotPlanned(const std::string& sqlstate) {
  constexpr std::pair<const char*, const char*> kReasons[] = {
      {"42601", "text does not parse"},
      {"42P18", "untyped parameters"},
      {"42P08", "untyped parameters"},
      {"42725", "untyped parameters"},
      {"42804", "untyped parameters"},
      {"42883", "functions or operators not found"},
      {"42P01", "tables not found"},
      {"42703", "tables not found"},
      {"3F000", "tables not found"},
      {"42501", kNoRight},
      {"55P03", "table locked"},
      {"40P01", "table locked"},
      {"57014", "planning took too long"},
  };
  for (const auto& [state, reason] : kReasons)
    if (sqlstate == state) return reason;
  return "planning failed";
}

std::vector<model::Statement> ReadForeignStatements(db::Database& database, const HypopgSource& source) {
  const db::Result result = database.Query(
      "SELECT s.userid::bigint AS userid, s.queryid, pg_get_userbyid(s.userid) AS role, min(s.query) AS query,"
      " sum(s.calls)::bigint AS calls, sum(s.total_exec_time) AS total_exec_time, sum(s.total_plan_time) AS total_plan_time,"
      " sum(s.rows)::bigint AS rows, sum(s.shared_blks_hit)::bigint AS shared_blks_hit,"
      " sum(s.shared_blks_read)::bigint AS shared_blks_read FROM " +
      source.statements_schema +
      ".pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database()"
      " WHERE s.calls > 0 AND coalesce(s.query, '') NOT LIKE '%/* pgsteward */%'"
      " GROUP BY s.userid, s.queryid ORDER BY s.userid, s.queryid");
  std::vector<model::Statement> statements;
  for (const db::Row row : result) statements.push_back(ReadOne(row));
  return statements;
}

model::Workload ReadHypopgWorkload(db::Database& database, const HypopgSource& source, db::PlanningFacts& facts,
                                   const std::function<void(double)>& progress) {
  RequireVersion(source);
  model::Workload workload;
  {
    const db::ReadOnlyTransaction transaction(database);
    workload.server = ReadServerInfo(
        database, "(SELECT i.stats_reset FROM " + source.statements_schema + ".pg_stat_statements_info i)");
    workload.server.source = source.Name();
    workload.statements = ReadForeignStatements(database, source);
    const std::vector<std::int64_t> locked = ReadLocked(database);
    workload.tables = ReadTables(database, locked);
    workload.indexes = ReadIndexes(database, locked);
    ReadIndexAges(database, workload.indexes);
    workload.foreign_keys = ReadForeignKeys(database);
    workload.standbys = ReadStandbys(database);
    workload.names = ReadNames(database);
    workload.statistics = ReadStatisticsObjects(database);
    workload.settings = ReadSettings(database);
  }
  const std::vector<Planned> planned = Planner(database, facts, workload.statements).Run(progress);
  const std::vector<std::int64_t> relations = RelationsOf(planned, workload);
  PlanNames names(workload.tables);
  {
    const db::ReadOnlyTransaction transaction(database);
    ReadColumns(database, relations, workload.tables);
    ReadColumnFacts(database, relations, names);
  }
  AddPlans(planned, names, workload);
  return workload;
}

}  // namespace steward::collect
