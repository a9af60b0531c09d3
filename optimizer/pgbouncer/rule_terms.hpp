// What several rules count in the same way: connections that pools can open, limits that hold for a pool, and names as they
// are written into a fix.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pgbouncer/facts.hpp"

namespace steward::pgbouncer {

/// Connections to the server, at their most.
struct Budget {
  bool unlimited = false;  // a pool without a bound
  std::int64_t pools = 0;    // of PgBouncer, without reserve, of one process
  std::int64_t reserve = 0;  // of one process
  std::int64_t lookups = 0;  // of auth_user, of one process
  std::int64_t direct = 0;   // of applications that do not go through PgBouncer
  std::int64_t processes = 1;
  std::size_t count = 0;     // pools

  [[nodiscard]] std::int64_t WithoutReserve() const { return processes * (pools + lookups) + direct; }
  [[nodiscard]] std::int64_t Total() const { return WithoutReserve() + processes * reserve; }
};

Budget BudgetOf(const Facts& facts, const std::vector<Pool>& pools);

/// Databases whose passwords are looked up by auth_user.
std::vector<std::string> LookupDatabases(const Facts& facts, const std::vector<Pool>& pools);

/// Connections of clients to PgBouncer at their most, by the application file; none where it does not say.
std::optional<std::int64_t> ExpectedClients(const Facts& facts);

/// Seconds of a server's time setting as text, milliseconds where it has no unit.
std::optional<double> ServerSeconds(const std::string& text);

/// In seconds, of sessions of that pool: by ALTER ROLE or DATABASE, else the server's. 0: none.
double StatementTimeout(const ServerFacts& server, const Pool& pool);
double IdleInTransactionTimeout(const ServerFacts& server, const Pool& pool);

/// Share of CPU in the hold time of what was captured, 0..1; none where it was not measured.
std::optional<double> CpuShare(const Facts& facts);

/// Whether transactions of that class can come over this one of the pools: to its database, as its user. Which line of
/// [databases] an application names the server does not see; the application file may say.
bool MayUse(const Facts& facts, const std::vector<Pool>& pools, const Pool& pool, const ClassFacts& one);

bool SharesServers(const Pool& pool);  // transaction or statement mode

std::string QuotedIdentifier(const std::string& name);
/// "12" or "0.4"
std::string Plain(double value);
/// "250ms", "5s"
std::string Span(double seconds);
std::string Megabytes(double bytes);

}  // namespace steward::pgbouncer
