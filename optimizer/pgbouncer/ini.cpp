// See ini.hpp. The order of the steps in Parser is cfparser's parse_ini_file_internal.
#include "pgbouncer/ini.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace steward::pgbouncer {

namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 24;
constexpr std::size_t kLongestLine = std::size_t{1} << 16;
constexpr int kDeepestInclude = 10;  // MAX_INCLUDE

using Reader = std::function<std::string(const std::string&)>;

bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}
bool IsSpace(char c) {
  return IsBlank(c) || (c >= '\n' && c <= '\r');
}
bool IsNameCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("_.-*").find(c) != std::string_view::npos;
}

[[noreturn]] void Fail(const Place& place, const std::string& problem, const std::string& hint = "") {
  throw FileError(fmt::format("could not read {}: {}", ToText(place), problem), hint);
}

void CheckText(const std::string& path, const std::string& text) {
  Place place{path, 1};
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (end - start > kLongestLine) Fail(place, "the line is longer than 64 kB");
    if (std::string_view(text).substr(start, end - start).find('\0') != std::string_view::npos)
      Fail(place, "there is a zero byte", "PgBouncer reads nothing behind it.");
    start = end + 1;
    ++place.line;
  }
  if (text.starts_with("\xef\xbb\xbf"))
    Fail({path, 1}, "the file begins with a byte order mark", "Save it without one: PgBouncer does not load it.");
}

class Parser {
 public:
  Parser(Ini& ini, std::string& section, const Reader& read) : ini_(ini), section_(section), read_(read) {}

  void Parse(const std::string& path, std::string text, int depth) {
    path_ = path;
    text_ = std::move(text);
    CheckText(path_, text_);
    ini_.files.push_back({path_, text_});
    while (at_ < text_.size()) {
      while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
      if (at_ == text_.size()) break;
      if (text_.compare(at_, 8, "%include") == 0 && at_ + 8 < text_.size() && IsBlank(text_[at_ + 8]))
        Include(depth);
      else if (text_[at_] == '#' || text_[at_] == ';')
        at_ = EndOfLine();
      else if (text_[at_] == '[')
        Section();
      else
        KeyAndValue();
    }
  }

 private:
  [[nodiscard]] std::size_t EndOfLine() const { return std::min(text_.find('\n', at_), text_.size()); }

  Place Here() {
    for (; counted_ < at_; ++counted_) line_ += text_[counted_] == '\n' ? 1 : 0;
    return {path_, line_};
  }

  // The rest of the line without white space around it; moves to the line's end.
  IniEntry Rest(IniEntry::Kind kind, const Place& place) {
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
    IniEntry entry{kind, section_, "", "", place, at_, EndOfLine()};
    at_ = entry.end;
    while (entry.end > entry.begin && IsSpace(text_[entry.end - 1])) --entry.end;
    entry.value = text_.substr(entry.begin, entry.end - entry.begin);
    return entry;
  }

  void Include(int depth) {
    const Place place = Here();
    if (depth >= kDeepestInclude) Fail(place, "files include each other more than ten deep");
    at_ += 8;
    const IniEntry entry = Rest(IniEntry::Kind::kInclude, place);
    ini_.entries.push_back(entry);
    std::string text;
    try {
      text = read_(entry.value);
    } catch (const FileError& error) {
      Fail(place, error.what(), "A relative name is looked up from the working directory, as PgBouncer does.");
    }
    Parser(ini_, section_, read_).Parse(entry.value, std::move(text), depth + 1);
  }

  void Section() {
    const Place place = Here();
    const std::size_t end = text_.find_first_of("]\n", at_);
    if (end == std::string::npos || text_[end] != ']')
      Fail(place, "a section's name is not closed with \"]\"", "The file may have been cut off.");
    section_ = text_.substr(at_ + 1, end - at_ - 1);
    ini_.entries.push_back({IniEntry::Kind::kSection, section_, "", "", place, end, end});
    at_ = end + 1;
  }

  void KeyAndValue() {
    const Place place = Here();
    std::string key;
    if (text_[at_] == '\'') {
      const std::size_t end = text_.find('\'', at_ + 1);
      if (end == std::string::npos || end == at_ + 1) Fail(place, "a quoted name is empty or not closed");
      key = text_.substr(at_ + 1, end - at_ - 1);
      at_ = end + 1;
    } else {
      const std::size_t begin = at_;
      while (at_ < text_.size() && IsNameCharacter(text_[at_])) ++at_;
      key = text_.substr(begin, at_ - begin);
    }
    while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
    if (key.empty() || at_ == text_.size() || text_[at_] != '=')
      Fail(place, "this is no \"name = value\"",
           "Comments stand on lines of their own that begin with ; or #. The file may have been cut off.");
    if (section_.empty()) Fail(place, "a value stands before the first section");
    ++at_;
    IniEntry entry = Rest(IniEntry::Kind::kValue, place);
    entry.key = std::move(key);
    ini_.entries.push_back(std::move(entry));
  }

  Ini& ini_;
  std::string& section_;
  const Reader& read_;
  std::string path_;
  std::string text_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0;  // up to where line_ has counted
  int line_ = 1;
};

// Moves over one value and returns it; `at` is at its first character.
std::string PairValue(std::string_view text, std::size_t& at, const Place& place) {
  std::string value;
  if (text[at] != '\'') {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    value = text.substr(at, end - at);
    at = end;
    return value;
  }
  for (++at;; ++at) {
    if (at == text.size()) Fail(place, "a quote is not closed", "The file may have been cut off.");
    if (text[at] == '\'' && (at + 1 == text.size() || text[at + 1] != '\'')) break;
    if (text[at] == '\'') ++at;
    value += text[at];
  }
  ++at;
  return value;
}

}  // namespace

std::string ToText(const Place& place) {
  return fmt::format("{}:{}", place.file, place.line);
}

bool Ini::EndsWithinLine() const {
  return !files.empty() && !files.front().text.empty() && files.front().text.back() != '\n';
}

Ini ReadIni(const std::string& path, const Reader& read) {
  Ini ini;
  std::string section;
  const Reader from_disk = [](const std::string& name) { return ReadFile(name, kLargestFile); };
  const Reader& reader = read ? read : from_disk;
  Parser(ini, section, reader).Parse(path, reader(path), 0);
  return ini;
}

std::vector<StringPair> ParsePairs(std::string_view text, const Place& place) {
  std::vector<StringPair> pairs;
  std::size_t at = 0;
  const auto skip = [&] {
    while (at < text.size() && text[at] == ' ') ++at;
  };
  for (skip(); at < text.size(); skip()) {
    StringPair pair;
    const std::size_t end = std::min(text.find_first_of("= ", at), text.size());
    pair.key = text.substr(at, end - at);
    at = end;
    skip();
    if (pair.key.empty() || at == text.size() || text[at] != '=')
      Fail(place, "the connection string is not made of \"key=value\"", "Put values that hold spaces in single quotes.");
    ++at;
    skip();
    pair.begin = at;
    if (at < text.size()) pair.value = PairValue(text, at, place);
    pair.end = at;
    // Not which one: behind an unquoted password with a space in it, it would be the rest of that.
    if (pair.value.empty()) Fail(place, "a name of the connection string has no value", "PgBouncer refuses an empty one.");
    if (at < text.size()) ++at;  // as PgBouncer: whatever stands behind a value is passed over
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

std::string QuotedPairValue(const std::string& value) {
  if (!value.empty() && value.find_first_of(" '\t") == std::string::npos) return value;
  std::string quoted = "'";
  for (const char c : value) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace steward::pgbouncer
