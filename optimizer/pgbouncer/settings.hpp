// The settings of PgBouncer 1.18 to 1.26: their kind, default and since when there are any (its src/main.c), and a
// configuration file as PgBouncer would load it (its src/loader.c). Nothing here judges.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pgbouncer/ini.hpp"

namespace steward::pgbouncer {

/// A release, 1.18 as 118. Those that this program knows:
inline constexpr int kOldestVersion = 118;
inline constexpr int kNewestVersion = 126;

/// "1.21", "1.21.0" or "PgBouncer 1.21.0"; none when it is nothing of the kind.
std::optional<int> ParseVersion(const std::string& text);
/// 121 as "1.21".
std::string VersionText(int version);

struct SettingSpec {
  enum class Kind { kNumber, kSeconds, kText, kPoolMode, kTlsMode, kAuthType };
  const char* name;
  Kind kind;
  const char* fallback;  // the default; nullptr: none
  int since = 0;         // the first release that has it; 0: all
  bool reloadable = true;
  const char* newer_fallback = nullptr;  // the default from `newer_since` on
  int newer_since = 0;
  int until = 0;  // the last release that has it; 0: the newest that is known

  [[nodiscard]] bool IsIn(std::optional<int> version) const {
    return !version || (since <= *version && (until == 0 || *version <= until));
  }
};

/// nullptr where no release has it.
const SettingSpec* FindSetting(const std::string& name);
/// All of them that `version` has; none: of any release.
std::vector<std::string> SettingNames(std::optional<int> version);
/// The default in `version`; none where there is none, or it depends on a version that is not known.
std::optional<std::string> DefaultOf(const SettingSpec& spec, std::optional<int> version);

/// As strtol with base 0 reads it, which is how PgBouncer does: 0x10 is 16, 010 is 8.
std::optional<std::int64_t> ParseNumber(const std::string& text);
/// Whether PgBouncer accepts the value.
bool IsValid(SettingSpec::Kind kind, const std::string& value);

struct FileValue {
  std::string value;
  Place place;
};

/// A line of [databases]. What it does not say is missing.
struct DatabaseEntry {
  std::string name;  // "*" is any other
  Place place;
  std::map<std::string, std::string> pairs;  // without the password

  [[nodiscard]] std::optional<std::string> Text(const std::string& key) const;
  /// As atoi reads it, which is how PgBouncer does.
  [[nodiscard]] std::optional<std::int64_t> Number(const std::string& key) const;
};
/// A line of [users].
using UserEntry = DatabaseEntry;

/// Something that keeps PgBouncer from loading the file, or that it understands in another way than it looks.
struct FileProblem {
  enum class Kind { kUnknownName, kInvalidValue, kCutOff, kRepeatedSection } kind = Kind::kUnknownName;
  Place place;
  std::string name;     // the setting or section
  std::string message;  // without the value
};

struct PgBouncerFile {
  std::string path;
  std::map<std::string, FileValue> settings;  // of section [pgbouncer], the last value of each
  std::vector<DatabaseEntry> databases;
  std::vector<UserEntry> users;
  std::vector<FileProblem> problems;
};

/// `version`: of the PgBouncer that is to load it; none: any. Throws FileError where there is no section [pgbouncer], a
/// section that PgBouncer does not know, or a broken connection string.
PgBouncerFile LoadPgBouncerFile(const Ini& ini, std::optional<int> version);

/// The keys of [databases], [users] or [peers] in `version`.
std::vector<std::string> PairNames(const std::string& section, std::optional<int> version);

}  // namespace steward::pgbouncer
