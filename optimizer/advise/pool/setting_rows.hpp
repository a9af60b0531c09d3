// What the rows of settings share: how one is made, and how values are written.
#pragma once

#include <string>
#include <vector>

#include "advise/pool/pool_settings.hpp"

namespace steward::advise::pool {

/// A transaction may leave its session idle for so many times the mean.
inline constexpr double kIdleTimesMean = 10;

/// "database/role/application".
std::string ClassName(const model::PoolClass& one);

/// "1500ms" or "5s": as the server and most pools read it. "0": none.
std::string TimeText(double ms);
/// "12.5 ms", "3.2 s": for people.
std::string Milliseconds(double ms);
/// "1.5": seconds, as PgBouncer reads them.
std::string SecondsText(double ms);

/// For monitoring, backups, migrations and people, who come without a pooler.
inline constexpr std::int64_t kDirectConnections = 10;

/// Sessions of other databases, as many as were seen at once of each class.
std::int64_t OtherSessions(const model::PoolWorkload& workload);

/// Of a pool's roles: twice the longest transaction that was seen, five seconds at least.
double StatementTimeout(const model::PoolWorkload& workload, const model::AdvisedPool& pool);

/// Collects rows, each with what was measured of its pool and predicted for it.
class SettingRows {
 public:
  SettingRows(const model::PoolWorkload& workload, const model::PoolAdvice& advice) : workload_(workload), advice_(advice) {}

  /// `pool` is empty for a setting of all pools. The reference is valid until the next call.
  model::PoolSetting& Add(const std::string& pool, const std::string& component, const std::string& setting,
                          const std::string& suggested, const std::string& requires_what, const std::string& reason);
  std::vector<model::PoolSetting> Take() { return std::move(rows_); }

 private:
  const model::PoolWorkload& workload_;
  const model::PoolAdvice& advice_;
  std::vector<model::PoolSetting> rows_;
};

/// The settings of all pools together.
void AddCommon(SettingRows& rows, const model::PoolWorkload& workload, const model::PoolAdvice& advice, const Timeouts& timeouts);

}  // namespace steward::advise::pool
