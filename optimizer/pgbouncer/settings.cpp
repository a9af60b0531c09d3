// See settings.hpp.
#include "pgbouncer/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "pgbouncer/sections.hpp"

namespace steward::pgbouncer {

namespace {

bool IsOneOf(const std::string& value, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* word) { return strcasecmp(word, value.c_str()) == 0; });
}

std::string Suggestion(const std::string& name, const std::vector<std::string>& names) {
  const std::string like = MostLike(name, names);
  return like.empty() ? "" : fmt::format("; did you mean {}?", like);
}

/// Follows load_handler and cf_set of cfparser over the entries of a file.
class Loader {
 public:
  Loader(PgBouncerFile& file, std::optional<int> version) : file_(file), version_(version) {}

  void Take(const IniEntry& entry) {
    if (entry.kind == IniEntry::Kind::kSection) return Begin(entry);
    if (entry.kind != IniEntry::Kind::kValue) return;
    if (entry.section == "pgbouncer") return TakeSetting(entry);
    if (entry.section == "databases") return TakePairs(entry, file_.databases);
    if (entry.section == "users") return TakePairs(entry, file_.users);
    std::vector<DatabaseEntry> peers;
    TakePairs(entry, peers);
  }

  [[nodiscard]] bool has_main_section() const { return main_; }

 private:
  void Problem(FileProblem::Kind kind, const Place& place, const std::string& name, const std::string& message) {
    file_.problems.push_back({kind, place, name, message});
  }

  void Begin(const IniEntry& entry) {
    const std::string& name = entry.section;
    const bool known = name == "pgbouncer" || name == "databases" || name == "users" || name == "peers";
    if (!known)
      throw FileError(fmt::format("could not read {}: PgBouncer knows no section [{}]", ToText(entry.place), name),
                      "There are [databases], [users], [peers] and [pgbouncer], in lower case.");
    if (name == "peers" && version_ && *version_ < 119)
      Problem(FileProblem::Kind::kUnknownName, entry.place, name, "section [peers] is known from 1.19 on");
    if (name != "pgbouncer") return;
    if (main_) Repeat(entry);
    main_ = true;
  }

  // A second [pgbouncer] sets everything back to the defaults first.
  void Repeat(const IniEntry& entry) {
    std::string lost;
    for (auto at = file_.settings.begin(); at != file_.settings.end();) {
      const SettingSpec* spec = FindSetting(at->first);
      if (spec != nullptr && spec->fallback != nullptr) {
        lost += (lost.empty() ? "" : ", ") + at->first;
        at = file_.settings.erase(at);
      } else {
        ++at;
      }
    }
    if (!lost.empty())
      Problem(FileProblem::Kind::kRepeatedSection, entry.place, "pgbouncer",
              fmt::format("a second [pgbouncer] sets what stands before it back to the defaults: {}", lost));
  }

  void TakeSetting(const IniEntry& entry) {
    const SettingSpec* spec = FindSetting(entry.key);
    if (spec == nullptr && version_ && *version_ > kNewestVersion) return;  // may well be one of its new ones
    if (spec == nullptr)
      return Problem(FileProblem::Kind::kUnknownName, entry.place, entry.key,
                     fmt::format("there is no setting {}{}", entry.key, Suggestion(entry.key, SettingNames(version_))));
    if (!spec->IsIn(version_))
      return Problem(FileProblem::Kind::kUnknownName, entry.place, entry.key,
                     *version_ < spec->since ? fmt::format("{} is known from {} on", entry.key, VersionText(spec->since))
                                             : fmt::format("{} is known up to {} only", entry.key, VersionText(spec->until)));
    if (!IsValid(spec->kind, entry.value))
      return Problem(FileProblem::Kind::kInvalidValue, entry.place, entry.key,
                     fmt::format("{} has a value that PgBouncer does not accept", entry.key));
    file_.settings[entry.key] = {entry.value, entry.place};
  }

  // What is like no name that there is may be the rest of an unquoted password.
  static std::string Printed(const std::string& key, const std::string& section) {
    const std::vector<std::string> any = PairNames(section, std::nullopt);
    const bool name = std::find(any.begin(), any.end(), key) != any.end() || !Suggestion(key, any).empty();
    return name ? key : "name";
  }

  void TakePairs(const IniEntry& entry, std::vector<DatabaseEntry>& list) {
    const std::vector<std::string> known = PairNames(entry.section, version_);
    constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-*";
    constexpr int kQuotedNames = 125;
    if (version_ && *version_ < kQuotedNames && entry.key.find_first_not_of(kPlain) != std::string::npos)
      Problem(FileProblem::Kind::kUnknownName, entry.place, entry.key, "names in quotes are read from 1.25 on");
    DatabaseEntry database{entry.key, entry.place, {}};
    for (const StringPair& pair : ParsePairs(entry.value, entry.place)) {
      const bool newer = version_ && *version_ > kNewestVersion;
      if (!newer && std::find(known.begin(), known.end(), pair.key) == known.end())
        Problem(FileProblem::Kind::kUnknownName, entry.place, entry.key,
                fmt::format("{} of [{}] has a {}, which PgBouncer{} does not know{}", entry.key, entry.section,
                            Printed(pair.key, entry.section), version_ ? " " + VersionText(*version_) : "",
                            Suggestion(pair.key, known)));
      const bool bad_mode = pair.key == "pool_mode" && !IsValid(SettingSpec::Kind::kPoolMode, pair.value);
      const bool bad_port = pair.key == "port" && std::atoi(pair.value.c_str()) == 0;
      if (bad_mode || bad_port)
        Problem(FileProblem::Kind::kInvalidValue, entry.place, entry.key,
                fmt::format("{} of [{}] has a {} that PgBouncer does not accept", entry.key, entry.section, pair.key));
      if (pair.key != "password") database.pairs[pair.key == "reserve_pool" ? "reserve_pool_size" : pair.key] = pair.value;
    }
    const auto same = std::find_if(list.begin(), list.end(), [&](const DatabaseEntry& one) { return one.name == entry.key; });
    if (same != list.end()) list.erase(same);
    list.push_back(std::move(database));
  }

  PgBouncerFile& file_;
  std::optional<int> version_;
  bool main_ = false;
};

}  // namespace

std::optional<int> ParseVersion(const std::string& text) {
  const std::size_t start = text.find_first_of("0123456789");
  if (start == std::string::npos) return std::nullopt;
  int major = 0;
  int minor = 0;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data() + start, end, major);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, minor);
  if (second.ec != std::errc{} || major < 0 || major > 99 || minor < 0 || minor > 99) return std::nullopt;
  return major * 100 + minor;
}

std::string VersionText(int version) {
  return fmt::format("{}.{}", version / 100, version % 100);
}

std::optional<std::int64_t> ParseNumber(const std::string& text) {
  char* end = nullptr;
  errno = 0;
  const long value = std::strtol(text.c_str(), &end, 0);
  if (end == text.c_str() || *end != '\0' || errno != 0) return std::nullopt;
  return value;
}

bool IsValid(SettingSpec::Kind kind, const std::string& value) {
  switch (kind) {
    case SettingSpec::Kind::kNumber:
      return ParseNumber(value).has_value();
    case SettingSpec::Kind::kSeconds: {
      double seconds = 0;
      const char* const end = value.data() + value.size();
      const auto [at, error] = std::from_chars(value.data(), end, seconds);
      return error == std::errc{} && at == end && seconds >= 0;
    }
    case SettingSpec::Kind::kPoolMode:
      return IsOneOf(value, {"session", "transaction", "statement"});
    case SettingSpec::Kind::kTlsMode:
      return IsOneOf(value, {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"});
    case SettingSpec::Kind::kAuthType:
      return IsOneOf(value, {"any", "trust", "plain", "md5", "cert", "hba", "ldap", "pam", "scram-sha-256"});
    default:
      return true;
  }
}

std::optional<std::string> DatabaseEntry::Text(const std::string& key) const {
  const auto found = pairs.find(key);
  return found == pairs.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::int64_t> DatabaseEntry::Number(const std::string& key) const {
  const auto text = Text(key);
  return text ? std::optional<std::int64_t>(std::atoi(text->c_str())) : std::nullopt;
}

PgBouncerFile LoadPgBouncerFile(const Ini& ini, std::optional<int> version) {
  PgBouncerFile file;
  file.path = ini.files.front().path;
  Loader loader(file, version);
  for (const IniEntry& entry : ini.entries) loader.Take(entry);
  const std::string& text = ini.files.front().text;
  const int lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + (ini.EndsWithinLine() ? 1 : 0);
  const Place last{file.path, std::max(lines, 1)};
  if (!loader.has_main_section())
    throw FileError(fmt::format("could not read {}: the file ends without a section [pgbouncer]", ToText(last)),
                    "PgBouncer does not start without one. The file may have been cut off.");
  if (ini.EndsWithinLine())
    file.problems.push_back({FileProblem::Kind::kCutOff, last, "end of file",
                             "the last line has no line break: the file may have been cut off"});
  return file;
}

}  // namespace steward::pgbouncer
