// Rules about time: who gives up first, and what outlives what.
#include <fmt/format.h>

#include <algorithm>

#include "pgbouncer/rule_terms.hpp"
#include "pgbouncer/rules.hpp"

namespace steward::pgbouncer {

namespace {

using model::LintSeverity;

// Where a limit of a pool comes from: the setting, or a line of its own.
std::string OriginOf(const Facts& facts, const char* setting, double limit) {
  return SettingSeconds(facts, setting).value_or(0) == limit ? SettingOrigin(facts, setting) : "a line of [databases] or [users]";
}

std::string AlterTimeout(const std::string& user, const char* setting, double seconds) {
  const std::string value = fmt::format("{:.0f}ms", seconds * 1000);
  return user.empty() ? fmt::format("{} = {}   (postgresql.conf)", setting, value)
                      : fmt::format("ALTER ROLE {} SET {} = '{}';", QuotedIdentifier(user), setting, value);
}

void CheckAcquire(const Facts& facts, const Pool& pool, const AppPool& app, Findings& findings) {
  const double wait = pool.query_wait_timeout;
  if (!app.acquire_timeout || *app.acquire_timeout <= 0 || (wait > 0 && wait < *app.acquire_timeout)) return;
  findings.Add(LintSeverity::kError, app.name,
               wait <= 0 ? "clients that have given up stay in PgBouncer's queue for ever"
                         : "PgBouncer keeps clients in its queue that the application has given up: it works for nobody",
               {{"query_wait_timeout", Span(wait)}, {"acquire_timeout", Span(*app.acquire_timeout)},
                {"set in", OriginOf(facts, "query_wait_timeout", wait)}},
               fmt::format("query_wait_timeout = {}", Plain(*app.acquire_timeout / 2)));
}

void CheckStatement(const Facts& facts, const Pool& pool, const AppPool& app, Findings& findings) {
  if (!app.request_timeout || *app.request_timeout <= 0) return;
  if (!app.statement_timeout && !facts.server) return findings.Needs(kNeedsServer);
  const double limit = app.statement_timeout.value_or(facts.server ? StatementTimeout(*facts.server, pool) : 0);
  if (limit > 0 && limit <= *app.request_timeout) return;
  findings.Add(LintSeverity::kError, app.name,
               limit <= 0 ? "statements run on when the request has timed out: no statement_timeout ends them"
                          : "statements may run longer than the request that waits for them",
               {{"statement_timeout", Span(limit)}, {"request_timeout", Span(*app.request_timeout)}},
               AlterTimeout(pool.forced_user ? pool.user : app.user.value_or(pool.user), "statement_timeout", *app.request_timeout));
}

// Each pool of the application once, with the first of PgBouncer's pools that it uses.
template <typename Check>
void ForEachAppPool(const Facts& facts, Findings& findings, Check check) {
  if (!HasPooler(facts)) findings.Needs(kNeedsPooler);
  if (!facts.app) findings.Needs(kNeedsApp);
  if (!HasPooler(facts) || !facts.app) return;
  std::vector<const AppPool*> seen;
  for (const Pool& pool : PoolsOf(facts))
    for (const AppPool* app : AppPoolsOf(facts, pool)) {
      if (std::find(seen.begin(), seen.end(), app) != seen.end()) continue;
      seen.push_back(app);
      check(pool, *app);
    }
}

// 7
void TimeoutOrder(const Facts& facts, Findings& findings) {
  ForEachAppPool(facts, findings, [&](const Pool& pool, const AppPool& app) {
    CheckAcquire(facts, pool, app, findings);
    CheckStatement(facts, pool, app, findings);
  });
}

// 8
void IdleInTransaction(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) return findings.Needs(kNeedsPooler);
  for (const Pool& pool : PoolsOf(facts)) {
    const double wait = pool.query_wait_timeout;
    const auto good = [&](double limit) { return limit > 0 && (wait <= 0 || limit <= wait); };
    if (!SharesServers(pool) || good(pool.idle_transaction_timeout)) continue;
    if (!facts.server) return findings.Needs(kNeedsServer);
    const double limit = IdleInTransactionTimeout(*facts.server, pool);
    if (good(limit)) continue;
    constexpr double kUsual = 10;
    findings.Add(LintSeverity::kWarning, pool.Name(),
                 limit <= 0 ? "a client that stalls inside a transaction keeps its connection for ever"
                            : "a client that stalls inside a transaction keeps its connection longer than others wait for one",
                 {{"idle_in_transaction_session_timeout", Span(limit)}, {"query_wait_timeout", Span(wait)}},
                 AlterTimeout(pool.user, "idle_in_transaction_session_timeout", wait > 0 ? std::min(wait, kUsual) : kUsual));
  }
}

// 9
void ConnectionLifetimes(const Facts& facts, Findings& findings) {
  ForEachAppPool(facts, findings, [&](const Pool& pool, const AppPool& app) {
    const double life = app.max_lifetime.value_or(-1);
    if (life == 0 || (life > 0 && pool.server_lifetime > 0 && life >= pool.server_lifetime))
      findings.Add(LintSeverity::kWarning, app.name, "the application keeps connections longer than PgBouncer keeps those behind them",
                   {{"max_lifetime", life == 0 ? "none" : Span(life)}, {"server_lifetime", Span(pool.server_lifetime)}},
                   fmt::format("max_lifetime = {}   (application)", Span(pool.server_lifetime / 2)));
    const double firewall = app.firewall_idle.value_or(0);
    const double keepalive = app.keepalive.value_or(0);
    if (firewall > 0 && (keepalive <= 0 || keepalive >= firewall) && (life <= 0 || life >= firewall))
      findings.Add(LintSeverity::kWarning, app.name, "the network drops quiet connections before anybody sends something over them",
                   {{"firewall_idle", Span(firewall)}, {"keepalive", keepalive <= 0 ? "none" : Span(keepalive)}},
                   fmt::format("keepalive = {}   (application; in PgBouncer tcp_keepidle = {:.0f})", Span(firewall / 2), firewall / 2));
  });
}

// 10
void IdleBeforeBurst(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) findings.Needs(kNeedsPooler);
  if (!facts.app) findings.Needs("burst_period of the application's pools (--app)");
  if (!HasPooler(facts) || !facts.app) return;
  const double idle = SettingSeconds(facts, "server_idle_timeout").value_or(0);
  for (const Pool& pool : PoolsOf(facts)) {
    double period = 0;
    for (const AppPool* app : AppPoolsOf(facts, pool)) period = std::max(period, app->burst_period.value_or(0));
    if (idle <= 0 || pool.min_size > 0 || period <= idle) continue;
    findings.Add(LintSeverity::kInfo, pool.Name(), "all connections are closed between bursts: each begins with new ones",
                 {{"server_idle_timeout", Span(idle)}, {"burst_period", Span(period)}, {"min_pool_size", "0"}},
                 fmt::format("server_idle_timeout = {}, or a min_pool_size", Plain(period * 2)));
  }
}

// 17
void ReserveTooLate(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) return findings.Needs(kNeedsPooler);
  const double after = SettingSeconds(facts, "reserve_pool_timeout").value_or(0);
  for (const Pool& pool : PoolsOf(facts)) {
    if (pool.reserve <= 0) continue;
    double patience = pool.query_wait_timeout;
    for (const AppPool* app : AppPoolsOf(facts, pool))
      if (const double acquire = app->acquire_timeout.value_or(0); acquire > 0) patience = patience > 0 ? std::min(patience, acquire) : acquire;
    if (after > 0 && (patience <= 0 || after < patience)) continue;
    findings.Add(LintSeverity::kError, pool.Name(),
                 after <= 0 ? "the reserve is never used: reserve_pool_timeout = 0 turns it off"
                            : "the reserve comes too late: clients have given up before it is used",
                 {{"reserve_pool_size", std::to_string(pool.reserve)}, {"reserve_pool_timeout", Span(after)},
                  {"clients wait for", patience > 0 ? Span(patience) : "ever"}},
                 fmt::format("reserve_pool_timeout = {}", Plain(patience > 0 ? patience / 4 : 5)));
  }
}

// 25
void QueryTimeout(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) return findings.Needs(kNeedsPooler);
  for (const Pool& pool : PoolsOf(facts)) {
    const double limit = pool.query_timeout;
    if (limit <= 0) continue;
    if (!facts.server) return findings.Needs(kNeedsServer);
    const double of_server = StatementTimeout(*facts.server, pool);
    if (of_server > 0 && of_server < limit) continue;
    findings.Add(LintSeverity::kWarning, pool.Name(),
                 "PgBouncer gives a query up before the server does: it drops the connection, and the query runs on",
                 {{"query_timeout", Span(limit)}, {"statement_timeout", of_server > 0 ? Span(of_server) : "none"}},
                 AlterTimeout(pool.user, "statement_timeout", limit * 0.9));
  }
}

// 26
void LoginRetry(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) return findings.Needs(kNeedsPooler);
  const double retry = SettingSeconds(facts, "server_login_retry").value_or(0);
  double wait = SettingSeconds(facts, "query_wait_timeout").value_or(0);
  for (const Pool& pool : PoolsOf(facts))
    if (pool.query_wait_timeout > 0) wait = wait > 0 ? std::min(wait, pool.query_wait_timeout) : pool.query_wait_timeout;
  if (wait <= 0 || retry < wait) return;
  findings.Add(LintSeverity::kWarning, "server_login_retry",
               "after one failed login no other is tried for longer than clients wait: all of them fail",
               {{"server_login_retry", Span(retry)}, {"query_wait_timeout", Span(wait)}},
               fmt::format("server_login_retry = {}", Plain(std::min(1.0, wait / 2))));
}

}  // namespace

std::vector<Rule> TimeoutRules() {
  return {{7, "timeout-order", TimeoutOrder},       {8, "idle-in-transaction", IdleInTransaction},
          {9, "connection-lifetimes", ConnectionLifetimes}, {10, "idle-before-burst", IdleBeforeBurst},
          {17, "reserve-too-late", ReserveTooLate}, {25, "query-timeout", QueryTimeout},
          {26, "login-retry", LoginRetry}};
}

}  // namespace steward::pgbouncer
