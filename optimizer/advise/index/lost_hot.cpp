// See lost_hot.hpp.
#include "advise/index/lost_hot.hpp"

#include <algorithm>
#include <cctype>

namespace steward::advise {

namespace {

using model::IndexDefinition;

constexpr double kHour = 3600;
constexpr int kBrinKeepsHot = 160000;

bool InWord(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

// Whether `text`, an expression, has `word` as a word; at worst it is a word of something else.
bool Mentions(const std::string& text, const std::string& word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !InWord(text[at - 1])) && (end == text.size() || !InWord(text[end]))) return true;
  }
  return false;
}

bool Holds(const IndexDefinition& index, const std::string& column) {
  const auto is = [&](const model::IndexKey& key) {
    return key.attnum != 0 ? key.name == column : Mentions(key.name, column);
  };
  return std::any_of(index.keys.begin(), index.keys.end(), is) ||
         std::any_of(index.include.begin(), index.include.end(), is) || Mentions(index.predicate, column);
}

bool EndsHot(const model::ServerInfo& server, const IndexDefinition& index) {
  return index.method != "brin" || server.version_num < kBrinKeepsHot;
}

std::vector<std::string> Names(const model::Table& table, const model::UpdatedColumns& updated) {
  std::vector<std::string> names;
  for (const int attnum : updated.attnums)
    if (const model::Column* column = FindColumn(table, attnum)) names.push_back(column->name);
  return names;
}

// Captured updates that may be HOT now, and those of them that `index` would end.
struct Captured {
  double open = 0;
  double ended = 0;
  std::vector<std::string> columns;

  void Add(const std::vector<std::string>& names, double rows, const IndexDefinition& index,
           const std::vector<const IndexDefinition*>& existing) {
    const auto held = [&](const IndexDefinition& by) {
      return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return Holds(by, name); });
    };
    if (std::any_of(existing.begin(), existing.end(), [&](const IndexDefinition* other) { return held(*other); })) return;
    open += rows;
    if (!held(index)) return;
    ended += rows;
    for (const std::string& name : names)
      if (Holds(index, name) && std::find(columns.begin(), columns.end(), name) == columns.end()) columns.push_back(name);
  }
};

}  // namespace

LostHot HotUpdatesLost(const model::ServerInfo& server, const Partitions& partitions, const IndexDefinition& index) {
  const model::Table* table = partitions.Find(index.relid);
  const double window = server.window_end - server.window_start;
  if (table == nullptr || window < model::kShortestRateWindow) return {};
  if (!EndsHot(server, index)) return {0.0, {}};
  std::vector<const model::Table*> tables = partitions.Leaves(*table);
  double hot = 0;
  for (const model::Table* leaf : tables) {
    const double seconds = leaf->stats_since > 0 ? server.collected_at - leaf->stats_since : 0;
    if (seconds < kHour) return {};
    hot += static_cast<double>(leaf->hot_updated) * kHour / seconds;
  }
  if (hot <= 0) return {0.0, {}};
  if (table->kind == 'p') tables.push_back(table);
  std::vector<const IndexDefinition*> existing;
  for (const IndexDefinition* other : partitions.Existing(*table))
    if (EndsHot(server, *other)) existing.push_back(other);
  Captured captured;
  const double hours = window / kHour;
  for (const model::Table* one : tables)
    for (const model::UpdatedColumns& updates : one->updates)
      captured.Add(Names(*one, updates), static_cast<double>(updates.rows) / hours, index, existing);
  if (captured.open <= 0) return {};
  if (captured.ended <= 0) return {0.0, {}};
  return {captured.ended * std::min(1.0, hot / captured.open), captured.columns};
}

}  // namespace steward::advise
