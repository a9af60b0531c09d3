// See sections.hpp.
#include "pgbouncer/sections.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

namespace steward::pgbouncer {

namespace {

[[noreturn]] void Fail(const Place& place, const std::string& problem, const std::string& hint) {
  throw FileError(fmt::format("could not read {}: {}", ToText(place), problem), hint);
}

template <typename Number>
std::optional<Number> Parsed(const std::string& text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && at == end ? std::optional(value) : std::nullopt;
}

// Levenshtein's: insertions, deletions and replacements that lead from one to the other.
std::size_t Distance(const std::string& from, const std::string& to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0U : 1U);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

const IniEntry* Section::Find(const std::string& key) const {
  const auto found =
      std::find_if(entries_.rbegin(), entries_.rend(), [&](const IniEntry& entry) { return entry.key == key; });
  return found == entries_.rend() ? nullptr : &*found;
}

Place Section::PlaceOf(const std::string& key) const {
  const IniEntry* entry = Find(key);
  return entry == nullptr ? place_ : entry->place;
}

std::optional<std::string> Section::Text(const std::string& key) const {
  const IniEntry* entry = Find(key);
  return entry == nullptr ? std::nullopt : std::optional(entry->value);
}

std::optional<std::int64_t> Section::Count(const std::string& key, std::int64_t least) const {
  const auto text = Text(key);
  if (!text) return std::nullopt;
  constexpr std::int64_t kMost = 1'000'000'000;
  const auto value = Parsed<std::int64_t>(*text);
  if (!value || *value < least || *value > kMost)
    Fail(PlaceOf(key), fmt::format("\"{}\" is not a whole number of at least {}", key, least), "Write digits only.");
  return value;
}

std::optional<double> Section::Number(const std::string& key, double least) const {
  const auto text = Text(key);
  if (!text) return std::nullopt;
  const auto value = Parsed<double>(*text);
  if (!value || !std::isfinite(*value) || *value < least)
    Fail(PlaceOf(key), fmt::format("\"{}\" is not a number of at least {}", key, least), "Write it as 12.5.");
  return value;
}

std::optional<double> Section::Seconds(const std::string& key) const {
  const auto text = Text(key);
  if (!text) return std::nullopt;
  const auto value = ParseSeconds(*text);
  if (!value) Fail(PlaceOf(key), fmt::format("\"{}\" is not a time", key), "Write it as 250ms, 5s, 2min or 1h; 0 is none.");
  return value;
}

std::optional<std::string> Section::Word(const std::string& key, std::initializer_list<const char*> words) const {
  const auto text = Text(key);
  if (!text || std::find(words.begin(), words.end(), *text) != words.end()) return text;
  Fail(PlaceOf(key), fmt::format("\"{}\" is none of the words it can be", key),
       fmt::format("It is one of: {}.", fmt::join(words, ", ")));
}

void Section::RefuseOthers(const std::vector<std::string>& keys) const {
  for (const IniEntry& entry : entries_) {
    if (std::find(keys.begin(), keys.end(), entry.key) != keys.end()) continue;
    const std::string like = MostLike(entry.key, keys);
    Fail(entry.place, fmt::format("there is no \"{}\" in section [{}]", entry.key, name_),
         like.empty() ? fmt::format("There are: {}.", fmt::join(keys, ", ")) : fmt::format("Did you mean \"{}\"?", like));
  }
}

std::vector<Section> SectionsOf(const Ini& ini) {
  std::vector<Section> sections;
  for (const IniEntry& entry : ini.entries) {
    if (entry.kind == IniEntry::Kind::kValue) sections.back().entries_.push_back(entry);
    if (entry.kind != IniEntry::Kind::kSection) continue;
    for (const Section& other : sections)
      if (other.name() == entry.section)
        Fail(entry.place, fmt::format("section [{}] stands at {} already", entry.section, ToText(other.place())), "");
    sections.emplace_back(entry.section, entry.place);
  }
  return sections;
}

std::optional<double> ParseSeconds(const std::string& text) {
  constexpr std::pair<const char*, double> kUnits[] = {{"", 1},   {"ms", 0.001}, {"s", 1},
                                                       {"min", 60}, {"h", 3600},   {"d", 86400}};
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto value = Parsed<double>(text.substr(0, digits));
  const std::size_t unit = std::min(text.find_first_not_of(' ', digits), text.size());
  if (!value) return std::nullopt;
  constexpr double kMost = 1e9;
  for (const auto& [name, seconds] : kUnits)
    if (text.substr(unit) == name && *value * seconds <= kMost) return *value * seconds;
  return std::nullopt;
}

std::string MostLike(const std::string& word, const std::vector<std::string>& words) {
  std::string best;
  std::size_t least = word.size() / 3 + 2;  // further away it is another word
  for (const std::string& other : words)
    if (const std::size_t distance = Distance(word, other); distance < least) {
      least = distance;
      best = other;
    }
  return best;
}

}  // namespace steward::pgbouncer
