// The small ini files that pgsteward asks for (the application's pools, the classes of a load): sections with values of
// known kinds, in the dialect of ini.hpp. What cannot be read is an error with file, line and a hint.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "pgbouncer/ini.hpp"

namespace steward::pgbouncer {

/// One section; of a key that stands in it twice the last value counts. All readers throw FileError for a value of another
/// kind and give nothing where the key is missing.
class Section {
 public:
  Section(std::string name, Place place) : name_(std::move(name)), place_(std::move(place)) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const Place& place() const { return place_; }
  [[nodiscard]] bool Has(const std::string& key) const { return Find(key) != nullptr; }
  [[nodiscard]] Place PlaceOf(const std::string& key) const;

  [[nodiscard]] std::optional<std::string> Text(const std::string& key) const;
  /// A whole number of at least `least`.
  [[nodiscard]] std::optional<std::int64_t> Count(const std::string& key, std::int64_t least = 0) const;
  [[nodiscard]] std::optional<double> Number(const std::string& key, double least = 0) const;
  /// "250ms", "5s", "2min", "1h", "1d" or a number of seconds. In seconds.
  [[nodiscard]] std::optional<double> Seconds(const std::string& key) const;
  /// One of `words`.
  [[nodiscard]] std::optional<std::string> Word(const std::string& key, std::initializer_list<const char*> words) const;
  /// Throws FileError for a key that is none of `keys`; the hint names the one that is most like it.
  void RefuseOthers(const std::vector<std::string>& keys) const;

 private:
  friend std::vector<Section> SectionsOf(const Ini& ini);
  [[nodiscard]] const IniEntry* Find(const std::string& key) const;

  std::string name_;
  Place place_;
  std::vector<IniEntry> entries_;
};

/// In the file's order. Throws FileError where two have the same name.
std::vector<Section> SectionsOf(const Ini& ini);

/// Seconds of a span as above; none when it is nothing of the kind.
std::optional<double> ParseSeconds(const std::string& text);

/// Of `words` the one that is most like `word`; empty where none is.
std::string MostLike(const std::string& word, const std::vector<std::string>& words);

}  // namespace steward::pgbouncer
