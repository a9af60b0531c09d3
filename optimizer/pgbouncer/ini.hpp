// PgBouncer's dialect of ini files, read as libusual's cfparser reads it (pgbouncer 1.18 to 1.26): comments begin a line
// with ";" or "#" and nothing else does; a value ends with its line, its trailing white space is dropped; names and sections
// are case-sensitive; "%include FILE" reads another file, at most ten deep, relative to the working directory. Each entry
// knows where it stands, so that an editor can change it. What settings mean is settings.hpp's.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pgbouncer/file.hpp"

namespace steward::pgbouncer {

struct Place {
  std::string file;
  int line = 0;  // from 1
};

/// "FILE:LINE"
std::string ToText(const Place& place);

/// A section's beginning or one "key = value" of it, in the order of the files.
struct IniEntry {
  enum class Kind { kSection, kValue, kInclude } kind = Kind::kValue;
  std::string section;  // that it begins or stands in; empty: none has begun
  std::string key;      // of kValue
  std::string value;    // of kValue; of kInclude the file's name
  Place place;
  std::size_t begin = 0;  // of the value in the text of its file, in bytes
  std::size_t end = 0;
};

struct IniText {
  std::string path;
  std::string text;
};

struct Ini {
  std::vector<IniEntry> entries;  // of all files, an included one where it is named (its kInclude goes before)
  std::vector<IniText> files;     // the main one first
  /// Whether the main file ends in the middle of a line: the sign of one that was cut off.
  [[nodiscard]] bool EndsWithinLine() const;
};

/// Reads a file with what it includes. `read` gives a file's text and throws FileError; nullptr: from disk. Throws
/// FileError, with file and line, for what PgBouncer would not load: a line without "=", an unclosed section or quoted name,
/// includes that nest too deep; and for what it would misread in silence: bytes that are zero, lines over 64 kB.
Ini ReadIni(const std::string& path, const std::function<std::string(const std::string&)>& read = nullptr);

/// The "key=value" pairs of a connection string as [databases], [users] and [peers] have them: separated by spaces, values
/// in single quotes where they hold some ('' is a quote). Throws FileError for `place`; a value cannot be empty.
struct StringPair {
  std::string key;
  std::string value;
  std::size_t begin = 0;  // of the value as written, its quotes included, in the string
  std::size_t end = 0;
};
std::vector<StringPair> ParsePairs(std::string_view text, const Place& place);

/// A value as it is to stand in such a string: in quotes where it needs them.
std::string QuotedPairValue(const std::string& value);

}  // namespace steward::pgbouncer
