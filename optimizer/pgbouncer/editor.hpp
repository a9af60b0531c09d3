// Changes single values of a pgbouncer.ini and leaves every other byte as it is: comments, order, spacing, line ends. Each
// change says why in a comment "; why: ..." on the line before it, which a later change of the same value replaces.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "pgbouncer/ini.hpp"

namespace steward::pgbouncer {

/// What became of one value.
struct IniChange {
  std::string where;  // "[pgbouncer]" or the name of the database
  std::string key;
  std::string before;  // empty: it was not there
  std::string after;
};

class IniEditor {
 public:
  /// `text` of the file `path`; files it includes are read, but never changed.
  IniEditor(std::string path, std::string text, std::function<std::string(const std::string&)> read = nullptr);

  /// A setting of [pgbouncer]: where it stands; else below a line that has it commented out; else at the section's end.
  /// Throws FileError where it stands in an included file.
  void Set(const std::string& key, const std::string& value, const std::string& why);
  /// One "key=value" of a line of [databases]. Throws FileError as above, or where there is no such line.
  void SetPair(const std::string& database, const std::string& key, const std::string& value, const std::string& why);
  /// A new line of [databases], behind the last one.
  void AddDatabase(const std::string& name, const std::vector<StringPair>& pairs, const std::string& why);

  [[nodiscard]] bool HasDatabase(const std::string& name) const;
  /// The pairs of a line of [databases]; none where there is no such line.
  [[nodiscard]] std::vector<StringPair> PairsOf(const std::string& database) const;
  [[nodiscard]] std::vector<std::string> Databases() const;

  [[nodiscard]] const std::string& text() const { return text_; }
  /// In their order; a value that was as it should be is not among them.
  [[nodiscard]] const std::vector<IniChange>& changes() const { return changes_; }

 private:
  [[nodiscard]] Ini Parse() const;
  [[nodiscard]] const IniEntry* FindDatabase(const Ini& ini, const std::string& name) const;
  void RefuseIncluded(const IniEntry& entry, const std::string& key) const;
  void Replace(std::size_t begin, std::size_t end, const std::string& value, const std::string& why);
  void InsertLine(std::size_t at, const std::string& line, const std::string& why);
  [[nodiscard]] std::size_t PlaceForSetting(const Ini& ini, const std::string& key) const;

  std::string path_;
  std::string text_;
  std::function<std::string(const std::string&)> read_;
  std::vector<IniChange> changes_;
};

}  // namespace steward::pgbouncer
