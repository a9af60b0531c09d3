// See rule_terms.hpp.
#include "pgbouncer/rule_terms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "pgbouncer/sections.hpp"

namespace steward::pgbouncer {

namespace {

constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

double Timeout(const ServerFacts& server, const Pool& pool, const char* name, double general) {
  const auto text = server.Override(pool.user, pool.dbname, name);
  return text ? ServerSeconds(*text).value_or(general) : general;
}

}  // namespace

Budget BudgetOf(const Facts& facts, const std::vector<Pool>& pools) {
  Budget budget;
  budget.processes = Processes(facts);
  budget.count = pools.size();
  std::map<std::string, std::vector<const Pool*>> by_database;
  for (const Pool& pool : pools) by_database[pool.database].push_back(&pool);
  for (const auto& [name, members] : by_database) {
    const std::int64_t cap = members.front()->max_db_connections > 0 ? members.front()->max_db_connections : kUnlimited;
    std::int64_t size = 0;
    std::int64_t reserve = 0;
    for (const Pool* pool : members) {
      const std::int64_t of_user = pool->max_user_connections > 0 ? pool->max_user_connections : kUnlimited;
      const std::int64_t own = std::min({pool->size, of_user, cap});
      if (own == kUnlimited) {
        budget.unlimited = true;
        continue;
      }
      size += own;
      reserve += std::min(pool->reserve, std::min(of_user, cap) - own);
    }
    budget.pools += std::min(size, cap);
    budget.reserve += std::min(reserve, cap - std::min(size, cap));
  }
  budget.lookups = static_cast<std::int64_t>(LookupDatabases(facts, pools).size());
  if (facts.app)
    for (const AppPool& app : facts.app->pools)
      if (app.through == AppPool::Through::kDirect) budget.direct += app.Pooled().value_or(app.instances);
  return budget;
}

std::vector<std::string> LookupDatabases(const Facts& facts, const std::vector<Pool>& pools) {
  const bool general = !SettingText(facts, "auth_user").value_or("").empty();
  const std::string general_database = SettingText(facts, "auth_dbname").value_or("");
  std::vector<std::string> names;
  for (const Pool& pool : pools) {
    bool own = false;
    std::string name = general_database;
    if (facts.file)
      for (const DatabaseEntry& entry : facts.file->databases) {
        if (entry.name != pool.database) continue;
        own = own || entry.Text("auth_user");
        name = entry.Text("auth_dbname").value_or(name);
      }
    if (name.empty()) name = pool.database;
    if ((own || general) && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

std::optional<std::int64_t> ExpectedClients(const Facts& facts) {
  if (!facts.app) return std::nullopt;
  std::optional<std::int64_t> sum;
  for (const AppPool& app : facts.app->pools)
    if (const auto clients = app.Clients(); clients && app.through == AppPool::Through::kPgBouncer) sum = sum.value_or(0) + *clients;
  return sum;
}

std::optional<double> ServerSeconds(const std::string& text) {
  const bool plain = !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos;
  return ParseSeconds(plain ? text + "ms" : text);
}

double StatementTimeout(const ServerFacts& server, const Pool& pool) {
  return Timeout(server, pool, "statement_timeout", server.statement_timeout);
}

double IdleInTransactionTimeout(const ServerFacts& server, const Pool& pool) {
  return Timeout(server, pool, "idle_in_transaction_session_timeout", server.idle_in_transaction_timeout);
}

std::optional<double> CpuShare(const Facts& facts) {
  if (!facts.classes) return std::nullopt;
  double cpu = 0;
  double total = 0;
  for (const ClassFacts& one : *facts.classes)
    if (one.cpu_time) {
      cpu += *one.cpu_time;
      total += one.total_time;
    }
  return total > 0 ? std::optional(cpu / total) : std::nullopt;
}

bool MayUse(const Facts& facts, const std::vector<Pool>& pools, const Pool& pool, const ClassFacts& one) {
  const auto same = [&](const Pool& other) { return other.dbname == one.database; };
  const bool left_to_fallback = pool.database == "*" && std::none_of(pools.begin(), pools.end(), same);
  if (!(same(pool) || left_to_fallback) || !(pool.user.empty() || pool.user == one.role)) return false;
  if (!facts.app) return true;
  bool told = false;
  for (const AppPool& app : facts.app->pools) {
    if (app.through != AppPool::Through::kPgBouncer || app.user != one.role || !app.database) continue;
    if (*app.database == pool.database) return true;
    told = true;
  }
  return !told;
}

bool SharesServers(const Pool& pool) {
  return pool.mode != "session";
}

std::string QuotedIdentifier(const std::string& name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  if (!name.empty() && std::all_of(name.begin(), name.end(), plain) && (name[0] < '0' || name[0] > '9')) return name;
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string Plain(double value) {
  return fmt::format("{:.6g}", value);
}

std::string Span(double seconds) {
  return seconds < 1 && seconds > 0 ? fmt::format("{:.6g}ms", seconds * 1000) : fmt::format("{:.6g}s", seconds);
}

std::string Megabytes(double bytes) {
  return fmt::format("{:.0f} MB", bytes / 1048576);
}

}  // namespace steward::pgbouncer
