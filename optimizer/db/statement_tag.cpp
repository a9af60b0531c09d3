// See statement_tag.hpp.
#include "db/statement_tag.hpp"

#include <algorithm>
#include <vector>

namespace steward::db {

namespace {

constexpr std::string_view kTag = " /* pgsteward */";

// Where the quoted text that starts at `at` ends: behind its closing quote.
std::size_t BehindQuoted(std::string_view script, std::size_t at) {
  const char quote = script[at];
  const bool escapes = quote == '\'' && at > 0 && script[at - 1] == 'E';
  for (std::size_t i = at + 1; i < script.size(); ++i) {
    if (escapes && script[i] == '\\')
      ++i;
    else if (script[i] == quote && script.substr(i + 1).starts_with(quote))
      ++i;
    else if (script[i] == quote)
      return i + 1;
  }
  return script.size();
}

std::vector<std::size_t> Starts(std::string_view script) {
  std::vector<std::size_t> starts{0};
  for (std::size_t at = 0; at < script.size();) {
    if (script[at] == '"' || script[at] == '\'') {
      at = BehindQuoted(script, at);
    } else {
      if (script.substr(at).starts_with("; ")) starts.push_back(at + 2);
      ++at;
    }
  }
  return starts;
}

}  // namespace

std::string TagStatements(std::string_view script) {
  std::string text(script);
  const std::vector<std::size_t> starts = Starts(script);
  for (auto start = starts.rbegin(); start != starts.rend(); ++start) {
    const auto end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ", *start);
    text.insert(std::min(end, text.size()), kTag);
  }
  return text;
}

}  // namespace steward::db
