// Rules about what a session keeps while connections change hands, and how PgBouncer treats its connections.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "pgbouncer/rule_terms.hpp"
#include "pgbouncer/rules.hpp"

namespace steward::pgbouncer {

namespace {

using model::LintSeverity;

// 11
void MinPoolSize(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) return findings.Needs(kNeedsPooler);
  constexpr int kKeptWithoutClients = 121;
  for (const Pool& pool : PoolsOf(facts)) {
    if (pool.min_size <= 0) continue;
    const Findings::Evidence evidence = {{"min_pool_size", std::to_string(pool.min_size)}, {"pool_size", std::to_string(pool.size)},
                                         {"user=", pool.forced_user ? pool.user : "not set"}};
    const auto version = facts.Version();
    if (pool.min_size > pool.size)
      findings.Add(LintSeverity::kInfo, pool.Name(), "min_pool_size is more than the pool holds", evidence,
                   fmt::format("min_pool_size = {}", pool.size));
    else if (!pool.forced_user)
      findings.Add(LintSeverity::kInfo, pool.Name(), "min_pool_size is kept only while a client of that user is connected", evidence,
                   fmt::format("{} = ... user=NAME   ([databases], from 1.21 on kept without clients)", pool.database));
    else if (version && *version < kKeptWithoutClients)
      findings.Add(LintSeverity::kInfo, pool.Name(), "before 1.21 min_pool_size is kept only while a client is connected", evidence,
                   "upgrade to PgBouncer 1.21, or keep one client connected");
  }
}

const char* Words(const std::string& feature) {
  constexpr std::pair<const char*, const char*> kWords[] = {
      {"set", "SET without LOCAL"},          {"set_role", "SET ROLE or SESSION AUTHORIZATION"},
      {"listen", "LISTEN"},                  {"advisory_lock", "advisory locks of the session"},
      {"temp_table", "temporary tables"},    {"hold_cursor", "cursors WITH HOLD"},
      {"prepare", "PREPARE"},                {"load", "LOAD"}};
  for (const auto& [name, words] : kWords)
    if (feature == name) return words;
  return "another session feature";
}

// By the application file: whether this role reaches that database on other ways only.
bool GoesAround(const Facts& facts, const ClassFacts& one) {
  bool around = false;
  if (facts.app)
    for (const AppPool& app : facts.app->pools) {
      if (app.database.value_or(one.database) != one.database || app.user.value_or(one.role) != one.role) continue;
      if (app.through == AppPool::Through::kPgBouncer) return false;
      around = true;
    }
  return around;
}

// 12
void SessionFeatures(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) findings.Needs(kNeedsPooler);
  const bool measured = facts.classes && std::any_of(facts.classes->begin(), facts.classes->end(), [](const ClassFacts& one) { return one.features.has_value(); });
  if (!measured)
    findings.Needs("the session features that pg_steward saw (steward.classes" +
                   (facts.why_no_classes.empty() ? std::string(")") : ": " + facts.why_no_classes + ")"));
  if (!HasPooler(facts) || !measured) return;
  const std::vector<Pool> pools = PoolsOf(facts);
  for (const ClassFacts& one : *facts.classes) {
    if (!one.features || one.features->empty() || GoesAround(facts, one)) continue;
    const auto pool = std::find_if(pools.begin(), pools.end(), [&](const Pool& candidate) {
      return SharesServers(candidate) && MayUse(facts, pools, candidate, one);
    });
    if (pool == pools.end()) continue;
    std::vector<std::string> words;
    for (const std::string& feature : *one.features) words.emplace_back(Words(feature));
    findings.Add(LintSeverity::kError, fmt::format("{}/{}/{}", one.database, one.role, one.application),
                 fmt::format("uses what does not survive a change of hands in {} mode: {}", pool->mode, fmt::join(words, ", ")),
                 {{"pool", pool->Name()}, {"pool_mode", pool->mode}, {"seen", fmt::format("{}", fmt::join(*one.features, " "))}},
                 fmt::format("{0}_session = dbname={0} pool_mode=session   ([databases]), and connect this application there", one.database));
  }
}

// 13
void PreparedStatements(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) findings.Needs(kNeedsPooler);
  if (!facts.app) findings.Needs("prepared of the application's pools (--app)");
  if (!HasPooler(facts) || !facts.app) return;
  constexpr int kSupported = 121;
  const auto version = facts.Version();
  const auto most = SettingNumber(facts, "max_prepared_statements");
  std::vector<const AppPool*> seen;
  for (const Pool& pool : PoolsOf(facts)) {
    if (!SharesServers(pool)) continue;
    for (const AppPool* app : AppPoolsOf(facts, pool)) {
      if (std::find(seen.begin(), seen.end(), app) != seen.end()) continue;
      seen.push_back(app);
      const Findings::Evidence evidence = {{"version", version ? VersionText(*version) : "not known"},
                                           {"max_prepared_statements", most ? std::to_string(*most) : "not there"},
                                           {"pool_mode", pool.mode}};
      if (app->prepared == AppPool::Prepared::kSql)
        findings.Add(LintSeverity::kError, app->name, "PREPARE and DEALLOCATE in SQL are not followed by any PgBouncer", evidence,
                     "prepare by the protocol (PQprepare, JDBC, libpq drivers), or pool_mode=session for it");
      if (app->prepared != AppPool::Prepared::kProtocol) continue;
      if (version && *version < kSupported)
        findings.Add(LintSeverity::kError, app->name, "protocol-level prepared statements need PgBouncer 1.21", evidence,
                     "prepareThreshold=0 (JDBC) or its like in the driver; or PgBouncer 1.21 with max_prepared_statements = 200");
      else if (most && *most == 0)
        findings.Add(LintSeverity::kError, app->name, "protocol-level prepared statements are turned off in PgBouncer", evidence,
                     "max_prepared_statements = 200");
      else if (!most)
        findings.Needs("PgBouncer's release (--console, or version in [pgbouncer] of --app)");
    }
  }
}

// 14
void ResetQuery(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) return findings.Needs(kNeedsPooler);
  const std::vector<Pool> pools = PoolsOf(facts);
  const bool sharing = std::any_of(pools.begin(), pools.end(), SharesServers);
  const bool session = std::any_of(pools.begin(), pools.end(), [](const Pool& pool) { return !SharesServers(pool); });
  const bool always = SettingNumber(facts, "server_reset_query_always").value_or(0) != 0;
  const std::string query = SettingText(facts, "server_reset_query").value_or("");
  if (sharing && always && !query.empty())
    findings.Add(LintSeverity::kWarning, "server_reset_query_always", "each transaction costs one more round trip to the server",
                 {{"server_reset_query_always", "1"}, {"set in", SettingOrigin(facts, "server_reset_query_always")}},
                 "server_reset_query_always = 0");
  if (session && query.empty())
    findings.Add(LintSeverity::kWarning, "server_reset_query", "what a session leaves behind stays for the next client",
                 {{"server_reset_query", "empty"}, {"set in", SettingOrigin(facts, "server_reset_query")}},
                 "server_reset_query = DISCARD ALL");
}

// 28
void RoundRobin(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) return findings.Needs(kNeedsPooler);
  if (SettingNumber(facts, "server_round_robin").value_or(0) == 0) return;
  findings.Add(LintSeverity::kInfo, "server_round_robin", "load is spread over all connections: none falls idle and is closed, caches are colder",
               {{"server_round_robin", "1"}, {"set in", SettingOrigin(facts, "server_round_robin")}}, "server_round_robin = 0");
}

}  // namespace

std::vector<Rule> SessionRules() {
  return {{11, "min-pool-size", MinPoolSize},           {12, "session-features", SessionFeatures},
          {13, "prepared-statements", PreparedStatements}, {14, "reset-query", ResetQuery},
          {28, "round-robin", RoundRobin}};
}

}  // namespace steward::pgbouncer
