// See planning_transaction.hpp. One name serves all prepared statements, one after the other, so that pg_stat_statements,
// which on 15 tells utility statements apart by their text, keeps a few entries of ours and not one for each statement.
#include "db/planning_transaction.hpp"

#include <exception>
#include <utility>

#include "db/error.hpp"

namespace steward::db {

namespace {

constexpr const char* kOwnPath = "pg_catalog, pg_temp";  // as ReadOnlyTransaction has it

// Taken back once in the transaction, and once more after it where that failed: neither prepared statements nor the
// hypothetical indexes of HypoPG go with a transaction.
bool TakenBack(Database& database, const PlanningFacts& facts) {
  try {
    database.Execute("DEALLOCATE ALL" + (facts.reset().empty() ? "" : "; SELECT " + facts.reset() + "()"));
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

// A superuser's rights are worth planting a function for. Functions that are only called when rows are read do not
// matter: nothing is run.
void RefuseOthersCode(Database& database) {
  const Result result = database.Query(
      "SELECT r.rolsuper AND EXISTS (SELECT FROM pg_proc p JOIN pg_roles o ON o.oid = p.proowner"
      "   WHERE p.provolatile <> 'v' AND NOT o.rolsuper) AS unsafe FROM pg_roles r WHERE r.rolname = current_user");
  if (!result.Only().Bool("unsafe")) return;
  throw InsufficientPrivilege(
      {"a superuser does not plan statements in a database with functions of other roles",
       "Planning calls immutable functions with the rights of whoever plans.",
       "Connect as a role made for it: CREATE ROLE advisor LOGIN; GRANT pg_read_all_stats, pg_read_all_data TO advisor;",
       ""});
}

// With pg_stat_statements.track = all a plan that is only shown counts as a call. Only some roles can help that.
void BeNoCaller(Database& database) {
  database.Query(
      "SELECT set_config('pg_stat_statements.track', 'none', true)"
      " WHERE has_parameter_privilege('pg_stat_statements.track', 'SET')");
}

}  // namespace

PlanningFacts::PlanningFacts(Database& database, std::string reset) : reset_(std::move(reset)) {
  // A role's own in this database, its own, the database's, every role's. Last this session's default, which is the
  // server's but where the role that plans has one of its own. The schema named like the user is that user's.
  const Result result = database.Query(
      "WITH s AS (SELECT setrole, setdatabase, (SELECT substr(c, 13) FROM unnest(setconfig) c"
      "   WHERE c LIKE 'search\\_path=%') AS path FROM pg_db_role_setting"
      "   WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())))"
      " SELECT r.oid::bigint AS userid, replace(replace(coalesce("
      "   (SELECT path FROM s WHERE setrole = r.oid AND setdatabase <> 0),"
      "   (SELECT path FROM s WHERE setrole = r.oid AND setdatabase = 0),"
      "   (SELECT path FROM s WHERE setrole = 0 AND setdatabase <> 0),"
      "   (SELECT path FROM s WHERE setrole = 0 AND setdatabase = 0),"
      "   (SELECT reset_val FROM pg_settings WHERE name = 'search_path')),"
      "   '\"$user\"', '$user'), '$user', quote_ident(r.rolname)) AS path FROM pg_roles r");
  for (const Row row : result) paths_[static_cast<std::uint32_t>(row.Int("userid"))] = row.Text("path");
  default_path_ = "public";
}

const std::string& PlanningFacts::PathOf(std::uint32_t userid) const {
  const auto entry = paths_.find(userid);
  return entry == paths_.end() ? default_path_ : entry->second;
}

PlanningTransaction::PlanningTransaction(Database& database, PlanningFacts& facts, const TransactionLimits& limits)
    : database_(database), facts_(facts), transaction_(std::in_place, database, limits) {
  RefuseOthersCode(database_);
  BeNoCaller(database_);
  database_.Execute("SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_partition_pruning = off");
}

PlanningTransaction::~PlanningTransaction() {
  const bool taken_back = TakenBack(database_, facts_);
  transaction_.reset();
  if (!taken_back) TakenBack(database_, facts_);
}

std::string PlanningTransaction::Explain(const std::string& text, std::uint32_t userid) {
  UsePath(facts_.PathOf(userid));
  database_.Query("PREPARE pgsteward AS " + text);
  std::string values;
  for (std::int64_t i = Parameters(text); i > 0; --i) values += values.empty() ? "(NULL" : ", NULL";
  if (!values.empty()) values += ')';
  const Result result = database_.Query("EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE pgsteward" + values);
  std::string plan = result.Only().Text("QUERY PLAN");
  database_.Execute("DEALLOCATE pgsteward");
  return plan;
}

// Asked under the search_path of a statement's role: nothing in it may be looked up there.
std::int64_t PlanningTransaction::Parameters(const std::string& text) {
  const auto known = facts_.parameters_.find(text);
  if (known != facts_.parameters_.end()) return known->second;
  const Result result = database_.Query(
      "SELECT pg_catalog.cardinality(parameter_types) AS parameters FROM pg_catalog.pg_prepared_statements"
      " WHERE name OPERATOR(pg_catalog.=) 'pgsteward'::pg_catalog.text");
  return facts_.parameters_[text] = result.Only().Int("parameters");
}

void PlanningTransaction::UseOwnPath() {
  if (!path_.empty()) UsePath(kOwnPath);
  path_.clear();
}

void PlanningTransaction::UsePath(const std::string& path) {
  if (path == path_) return;
  database_.Query("SELECT pg_catalog.set_config('search_path', $1, true)", {path});
  path_ = path;
}

}  // namespace steward::db
