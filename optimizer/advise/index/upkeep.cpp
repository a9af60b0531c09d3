// See upkeep.hpp.
#include "advise/index/upkeep.hpp"

#include <algorithm>

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
  return rate * std::max(server.window_end - server.window_start, 0.0) * UnitsPerRow(index.method);
}

}  // namespace steward::advise
