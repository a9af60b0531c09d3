// See pooler_watch.hpp.
#include "load/pooler_watch.hpp"

#include <algorithm>

#include "db/error.hpp"

namespace steward::load {

std::map<std::string, PoolerWatch::Totals> PoolerWatch::ReadTotals() {
  std::map<std::string, Totals> totals;
  for (const db::Row row : ask_("SHOW STATS_TOTALS"))
    totals[row.Text("database")] = {row.Double("xact_time") - row.Double("wait_time")};
  return totals;
}

void PoolerWatch::Begin() {
  uses_.clear();
  problem_.clear();
  try {
    before_ = ReadTotals();
  } catch (const db::Error& error) {
    problem_ = error.what();
  }
}

// A pool for each user that is there: PgBouncer's own look-ups of passwords have one without clients.
void PoolerWatch::ReadSizes() {
  std::map<std::string, int> pools;
  for (const db::Row row : ask_("SHOW POOLS")) {
    std::int64_t connections = 0;
    for (const char* column : {"sv_active", "sv_idle", "sv_used", "sv_tested", "sv_login"})
      connections += row.Int(column);
    if (row.Int("cl_active") + row.Int("cl_waiting") == 0) continue;
    ++pools[row.Text("database")];
    uses_[row.Text("database")].connections += static_cast<int>(connections);
  }
  for (const db::Row row : ask_("SHOW DATABASES")) {
    const auto size = static_cast<int>(row.Int("pool_size"));
    if (size > 0) uses_[row.Text("name")].size = size * std::max(pools[row.Text("name")], 1);
  }
}

void PoolerWatch::End(double seconds) {
  if (!problem_.empty()) return;
  try {
    const std::map<std::string, Totals> after = ReadTotals();
    ReadSizes();
    for (const auto& [database, totals] : after) {
      const double busy_us = totals.busy_us - before_[database].busy_us;
      uses_[database].mean_busy = std::max(busy_us / 1e6 / std::max(seconds, 1e-9), 0.0);
    }
  } catch (const db::Error& error) {
    problem_ = error.what();
  }
}

std::optional<model::PoolUse> PoolerWatch::Use(const std::string& database) const {
  const auto found = uses_.find(database);
  if (!problem_.empty() || found == uses_.end()) return std::nullopt;
  return found->second;
}

}  // namespace steward::load
