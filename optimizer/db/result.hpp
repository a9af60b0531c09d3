// The rows of one answer as owned text values. Knows nothing of libpq, so that a test can write one down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace steward::db {

/// A query's parameter: text in PostgreSQL's input format, or NULL.
using Parameter = std::optional<std::string>;
using Parameters = std::vector<Parameter>;

/// Renders one text array in input format; every element is quoted.
std::string ArrayLiteral(const std::vector<std::string>& elements);
std::string ArrayLiteral(const std::vector<std::int64_t>& elements);

/// The elements of a one-dimensional array in output format; NULL elements become empty strings.
/// Throws Error when the text is not such an array.
std::vector<std::string> ParseArray(std::string_view text);

class Result;

/// One row of a Result; valid while the Result lives.
class Row {
 public:
  Row(const Result& result, std::size_t index) : result_(&result), index_(index) {}

  bool IsNull(std::string_view column) const;
  /// The value as text; empty for NULL.
  const std::string& Text(std::string_view column) const;
  /// The value as a number or truth; throws Error when it is NULL or not one.
  std::int64_t Int(std::string_view column) const;
  double Double(std::string_view column) const;
  bool Bool(std::string_view column) const;
  /// As above, with std::nullopt (or an empty list) for NULL.
  std::optional<std::int64_t> OptionalInt(std::string_view column) const;
  std::optional<double> OptionalDouble(std::string_view column) const;
  std::optional<bool> OptionalBool(std::string_view column) const;
  std::vector<std::string> TextArray(std::string_view column) const;
  std::vector<std::int64_t> IntArray(std::string_view column) const;

 private:
  const std::optional<std::string>& Value(std::string_view column) const;

  const Result* result_;
  std::size_t index_;
};

/// All rows of one query. Every row has as many values as there are columns.
class Result {
 public:
  using Values = std::vector<std::optional<std::string>>;

  Result() = default;
  Result(std::vector<std::string> columns, std::vector<Values> rows);

  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  /// Whether there is a column of that name: for answers that differ by release.
  bool Has(std::string_view column) const;
  Row operator[](std::size_t index) const { return Row(*this, index); }
  /// The row of a query that answers with exactly one; throws Error otherwise.
  Row Only() const;

  class Iterator {
   public:
    Iterator(const Result& result, std::size_t index) : result_(&result), index_(index) {}
    Row operator*() const { return Row(*result_, index_); }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const Result* result_;
    std::size_t index_;
  };
  Iterator begin() const { return Iterator(*this, 0); }
  Iterator end() const { return Iterator(*this, rows_.size()); }

 private:
  friend class Row;
  std::vector<std::string> columns_;
  std::vector<Values> rows_;
};

}  // namespace steward::db
