// See group_warnings.hpp.
#include "report/group_warnings.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <utility>

namespace steward::report {

namespace {

bool Digit(char c) {
  return c >= '0' && c <= '9';
}

// The text with each number, its sign included, replaced by one mark.
std::string WithoutNumbers(const std::string& text) {
  std::string kind;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool sign = text[i] == '-' && i + 1 < text.size() && Digit(text[i + 1]) && (i == 0 || text[i - 1] == ' ');
    if (!Digit(text[i]) && !sign) {
      kind += text[i];
    } else if (kind.empty() || kind.back() != '\0') {
      kind += '\0';
    }
  }
  return kind;
}

}  // namespace

std::vector<std::string> GroupWarnings(const std::vector<std::string>& warnings) {
  std::vector<std::pair<std::string, std::int64_t>> groups;  // the first of its kind, how many there are
  std::map<std::string, std::size_t> known;
  for (const std::string& warning : warnings) {
    const auto [entry, fresh] = known.try_emplace(WithoutNumbers(warning), groups.size());
    if (fresh) groups.emplace_back(warning, 0);
    ++groups[entry->second].second;
  }
  std::vector<std::string> grouped;
  for (const auto& [first, count] : groups)
    grouped.push_back(count == 1 ? first : fmt::format("{} ({} like this)", first, count));
  return grouped;
}

}  // namespace steward::report
