// See pool_current.hpp.
#include "cli/pool_current.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "cli/pool_facts.hpp"

namespace steward::cli {

namespace {

using model::AdvisedPool;
using model::PoolSetting;

// As the advice writes times: "1500ms" or "5s".
std::string TimeText(double seconds) {
  const auto ms = std::llround(seconds * 1000);
  return ms == 0 ? "0" : ms % 1000 == 0 ? fmt::format("{}s", ms / 1000) : fmt::format("{}ms", ms);
}

std::string NumberText(std::int64_t number) {
  return number == std::numeric_limits<std::int64_t>::max() ? "unlimited" : std::to_string(number);
}

// PgBouncer's pool that the roles of an advised one use now; nothing where they use several that differ.
const pgbouncer::Pool* PoolNow(const std::vector<pgbouncer::Pool>& pools, const AdvisedPool& advised, const std::string& database) {
  const pgbouncer::Pool* found = nullptr;
  for (const pgbouncer::Pool& pool : pools) {
    const bool everyone = pool.user.empty();
    const bool own = std::any_of(advised.members.begin(), advised.members.end(),
                                 [&](const model::PoolMember& member) { return everyone || member.role == pool.user; });
    if ((pool.dbname != database && pool.database != "*") || !own) continue;
    if (found != nullptr && (found->size != pool.size || found->mode != pool.mode)) return nullptr;
    found = &pool;
  }
  return found;
}

std::string PgBouncerNow(const pgbouncer::Facts& facts, const pgbouncer::Pool* pool, const PoolSetting& row) {
  if (row.pool.empty()) return pgbouncer::SettingText(facts, row.setting).value_or("");
  if (pool == nullptr) return "";
  if (row.setting == "pool_size") return NumberText(pool->size);
  if (row.setting == "min_pool_size") return NumberText(pool->min_size);
  if (row.setting == "reserve_pool_size") return NumberText(pool->reserve);
  return row.setting == "pool_mode" ? pool->mode : "";
}

const pgbouncer::AppPool* AppPoolNow(const pgbouncer::Facts& facts, const std::string& role) {
  if (!facts.app) return nullptr;
  const auto& pools = facts.app->pools;
  const auto found = std::find_if(pools.begin(), pools.end(), [&](const pgbouncer::AppPool& pool) { return pool.role == role; });
  return found == pools.end() ? nullptr : &*found;
}

std::string ApplicationNow(const pgbouncer::AppPool* pool, const PoolSetting& row) {
  if (pool == nullptr) return "";
  if (row.setting == "pool_size" && pool->pool_size) return std::to_string(*pool->pool_size);
  if (row.setting == "acquire_timeout" && pool->acquire_timeout) return TimeText(*pool->acquire_timeout);
  if (row.setting == "max_lifetime" && pool->max_lifetime) return TimeText(*pool->max_lifetime);
  return "";
}

}  // namespace

pgbouncer::Facts ReadPoolerFacts(const Arguments& arguments) {
  if (arguments.pool.ini.empty() && arguments.pool.console.empty() && arguments.pool.app.empty()) return {};
  Arguments pooler_only = arguments;
  pooler_only.connect = {};
  return ReadPoolSources(pooler_only).facts;
}

void AddPoolerFacts(const pgbouncer::Facts& facts, const PoolAdviceArguments& given, model::PoolWorkload& workload,
                    model::PoolDemand& demand) {
  if (facts.console) {
    workload.waiting_clients = 0;
    for (const pgbouncer::LivePool& pool : facts.console->pools) *workload.waiting_clients += pool.waiting;
  }
  if (const pgbouncer::AppPool* main = AppPoolNow(facts, "main"); main != nullptr && !given.instances_given)
    demand.instances = static_cast<int>(std::clamp<std::int64_t>(main->instances, 1, 100000));
  if (!given.processes_given) demand.pooler_processes = static_cast<int>(std::clamp<std::int64_t>(pgbouncer::Processes(facts), 1, 1000));
}

void FillCurrent(const pgbouncer::Facts& facts, model::PoolAdvice& advice) {
  const std::vector<pgbouncer::Pool> pools = pgbouncer::HasPooler(facts) ? pgbouncer::PoolsOf(facts) : std::vector<pgbouncer::Pool>{};
  for (PoolSetting& row : advice.settings) {
    if (row.component == "application") row.current = ApplicationNow(AppPoolNow(facts, row.pool.empty() ? "main" : row.pool), row);
    if (row.component != "pgbouncer" || !pgbouncer::HasPooler(facts)) continue;
    const auto advised = std::find_if(advice.pools.begin(), advice.pools.end(), [&](const AdvisedPool& pool) { return pool.name == row.pool; });
    row.current = PgBouncerNow(facts, advised == advice.pools.end() ? nullptr : PoolNow(pools, *advised, advice.server.database), row);
  }
}

}  // namespace steward::cli
