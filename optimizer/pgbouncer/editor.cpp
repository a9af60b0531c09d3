// See editor.hpp. The text is parsed anew for each change: the files are small, and no offset can be stale.
#include "pgbouncer/editor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace steward::pgbouncer {

namespace {

constexpr std::string_view kWhy = "; why: ";

std::size_t LineStart(const std::string& text, std::size_t at) {
  const std::size_t before = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
  return before == std::string::npos ? 0 : before + 1;
}

// Where the line after the one at `at` begins; the text's size where it is the last.
std::size_t NextLine(const std::string& text, std::size_t at) {
  const std::size_t end = text.find('\n', at);
  return end == std::string::npos ? text.size() : end + 1;
}

std::string EndOfLine(const std::string& text) {
  return text.find("\r\n") == std::string::npos ? "\n" : "\r\n";
}

std::string OneLine(std::string text) {
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return text;
}

std::string NameText(const std::string& name) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-*";
  return name.find_first_not_of(kPlain) == std::string::npos ? name : "'" + name + "'";
}

// Whether the line is "key = ..." behind a comment sign.
bool IsCommentedOut(std::string_view line, const std::string& key) {
  const std::size_t sign = line.find_first_not_of(" \t");
  if (sign == std::string_view::npos || (line[sign] != ';' && line[sign] != '#')) return false;
  const std::size_t name = line.find_first_not_of(";# \t", sign);
  if (name == std::string_view::npos || line.substr(name, key.size()) != key) return false;
  const std::size_t equals = line.find_first_not_of(" \t", name + key.size());
  return equals != std::string_view::npos && line[equals] == '=';
}

std::string TextOf(const std::vector<StringPair>& pairs) {
  std::string text;
  for (const StringPair& pair : pairs) text += fmt::format("{}{}={}", text.empty() ? "" : " ", pair.key, QuotedPairValue(pair.value));
  return text;
}

}  // namespace

IniEditor::IniEditor(std::string path, std::string text, std::function<std::string(const std::string&)> read)
    : path_(std::move(path)), text_(std::move(text)), read_(std::move(read)) {
  static_cast<void>(Parse());  // a file that cannot be read is told before anything is asked of it
}

Ini IniEditor::Parse() const {
  constexpr std::size_t kLargest = std::size_t{1} << 24;
  return ReadIni(path_, [&](const std::string& name) {
    if (name == path_) return text_;
    return read_ ? read_(name) : ReadFile(name, kLargest);
  });
}

void IniEditor::RefuseIncluded(const IniEntry& entry, const std::string& key) const {
  if (entry.place.file == path_) return;
  throw FileError(fmt::format("{} stands in an included file, {}", key, ToText(entry.place)),
                  "Move it into the main file, or change it there by hand: only the main file is written.");
}

void IniEditor::Replace(std::size_t begin, std::size_t end, const std::string& value, const std::string& why) {
  std::size_t start = LineStart(text_, begin);
  text_.replace(begin, end - begin, value);
  const std::size_t above = start == 0 ? 0 : LineStart(text_, start - 1);
  if (start > 0 && text_.compare(above, kWhy.size(), kWhy) == 0) {
    text_.erase(above, start - above);
    start = above;
  }
  InsertLine(start, "", why);
}

void IniEditor::InsertLine(std::size_t at, const std::string& line, const std::string& why) {
  const std::string eol = EndOfLine(text_);
  std::string inserted;
  if (at > 0 && text_[at - 1] != '\n') inserted += eol;
  if (!why.empty()) inserted += std::string(kWhy) + OneLine(why) + eol;
  if (!line.empty()) inserted += line + eol;
  text_.insert(at, inserted);
}

std::size_t IniEditor::PlaceForSetting(const Ini& ini, const std::string& key) const {
  const IniEntry* section = nullptr;
  std::size_t last = 0;
  std::size_t limit = text_.size();
  for (const IniEntry& entry : ini.entries) {
    if (entry.place.file != path_) continue;
    if (entry.kind == IniEntry::Kind::kSection) {
      if (section != nullptr && entry.section != "pgbouncer") limit = std::min(limit, LineStart(text_, entry.begin));
      if (entry.section != "pgbouncer") continue;
      section = &entry;
      limit = text_.size();
      last = NextLine(text_, entry.begin);
    } else if (section != nullptr && entry.section == "pgbouncer") {
      last = NextLine(text_, entry.end);
    }
  }
  if (section == nullptr)
    throw FileError(fmt::format("there is no section [pgbouncer] in \"{}\" itself", path_), "Only the main file is written.");
  for (std::size_t at = NextLine(text_, section->begin); at < limit; at = NextLine(text_, at))
    if (IsCommentedOut(std::string_view(text_).substr(at, NextLine(text_, at) - at), key)) return NextLine(text_, at);
  return last;
}

void IniEditor::Set(const std::string& key, const std::string& value, const std::string& why) {
  const Ini ini = Parse();
  const IniEntry* found = nullptr;
  for (const IniEntry& entry : ini.entries) {
    // A second [pgbouncer] sets back what stands before it.
    if (entry.kind == IniEntry::Kind::kSection && entry.section == "pgbouncer") found = nullptr;
    if (entry.kind == IniEntry::Kind::kValue && entry.section == "pgbouncer" && entry.key == key) found = &entry;
  }
  if (found != nullptr && found->value == value) return;
  if (found != nullptr) {
    RefuseIncluded(*found, key);
    changes_.push_back({"[pgbouncer]", key, found->value, value});
    return Replace(found->begin, found->end, value, why);
  }
  changes_.push_back({"[pgbouncer]", key, "", value});
  InsertLine(PlaceForSetting(ini, key), fmt::format("{} = {}", key, value), why);
}

const IniEntry* IniEditor::FindDatabase(const Ini& ini, const std::string& name) const {
  const auto found = std::find_if(ini.entries.rbegin(), ini.entries.rend(), [&](const IniEntry& entry) {
    return entry.kind == IniEntry::Kind::kValue && entry.section == "databases" && entry.key == name;
  });
  return found == ini.entries.rend() ? nullptr : &*found;
}

bool IniEditor::HasDatabase(const std::string& name) const {
  const Ini ini = Parse();
  return FindDatabase(ini, name) != nullptr;
}

std::vector<StringPair> IniEditor::PairsOf(const std::string& database) const {
  const Ini ini = Parse();
  const IniEntry* entry = FindDatabase(ini, database);
  return entry == nullptr ? std::vector<StringPair>{} : ParsePairs(entry->value, entry->place);
}

std::vector<std::string> IniEditor::Databases() const {
  std::vector<std::string> names;
  for (const IniEntry& entry : Parse().entries)
    if (entry.kind == IniEntry::Kind::kValue && entry.section == "databases") names.push_back(entry.key);
  return names;
}

void IniEditor::SetPair(const std::string& database, const std::string& key, const std::string& value, const std::string& why) {
  const Ini ini = Parse();
  const IniEntry* entry = FindDatabase(ini, database);
  if (entry == nullptr) throw FileError(fmt::format("there is no database \"{}\" in \"{}\"", database, path_), "");
  for (const StringPair& pair : ParsePairs(entry->value, entry->place)) {
    if (pair.key != key) continue;
    if (pair.value == value) return;
    RefuseIncluded(*entry, database);
    changes_.push_back({database, key, pair.value, value});
    return Replace(entry->begin + pair.begin, entry->begin + pair.end, QuotedPairValue(value), why);
  }
  RefuseIncluded(*entry, database);
  changes_.push_back({database, key, "", value});
  const std::string added = fmt::format("{}{}={}", entry->value.empty() ? "" : " ", key, QuotedPairValue(value));
  Replace(entry->end, entry->end, added, why);
}

void IniEditor::AddDatabase(const std::string& name, const std::vector<StringPair>& pairs, const std::string& why) {
  std::size_t at = std::string::npos;
  for (const IniEntry& entry : Parse().entries)
    if (entry.place.file == path_ && entry.section == "databases") at = NextLine(text_, entry.end);
  if (at == std::string::npos) {
    text_.insert(0, "[databases]" + EndOfLine(text_) + EndOfLine(text_));
    at = NextLine(text_, 0);
  }
  for (const StringPair& pair : pairs)
    if (pair.key != "password") changes_.push_back({name, pair.key, "", pair.value});
  InsertLine(at, fmt::format("{} = {}", NameText(name), TextOf(pairs)), why);
}

}  // namespace steward::pgbouncer
