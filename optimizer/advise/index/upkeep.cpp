// See upkeep.hpp.
#include "advise/index/upkeep.hpp"

#include <algorithm>

#include "advise/index/lost_hot.hpp"

namespace steward::advise {

namespace {

constexpr double kHour = 3600;

double UnitsPerRow(const std::string& method) {
  if (method == "gin") return 5;  // several keys a row
  if (method == "gist") return 3;
  if (method == "brin") return 0.05;
  return 1;
}

// Index entries a second.
double EntryRate(const model::ServerInfo& server, const model::Table& table) {
  const double seconds = table.stats_since > 0 ? server.collected_at - table.stats_since : 0;
  if (seconds < kHour) return 0;
  const auto entries = table.inserted + std::max<std::int64_t>(table.updated - table.hot_updated, 0);
  return static_cast<double>(entries) / seconds;
}

}  // namespace

double Upkeep(const model::ServerInfo& server, const Partitions& partitions, const model::IndexDefinition& index) {
  const model::Table* table = partitions.Find(index.relid);
  if (table == nullptr) return 0;
  double rate = 0;
  for (const model::Table* leaf : partitions.Leaves(*table)) rate += EntryRate(server, *leaf);
  double units = rate * UnitsPerRow(index.method);
  // An update that is HOT no more makes entries in all indexes.
  if (const double lost = HotUpdatesLost(server, partitions, index).per_hour.value_or(0) / kHour; lost > 0) {
    units += lost * UnitsPerRow(index.method);
    for (const model::IndexDefinition* other : partitions.Existing(*table)) units += lost * UnitsPerRow(other->method);
  }
  return units * std::max(server.window_end - server.window_start, 0.0);
}

}  // namespace steward::advise
