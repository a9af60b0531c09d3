// Typed access to text values, and arrays in PostgreSQL's text format. See result.hpp.
#include "db/result.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <utility>

#include "db/error.hpp"

namespace steward::db {

namespace {

[[noreturn]] void Malformed(std::string_view type, std::string_view column) {
  Throw({"the server sent no valid " + std::string(type) + " in column \"" + std::string(column) + "\"", "",
         "Check that the versions of pgsteward and of the extension belong together: pgsteward doctor", ""});
}

std::int64_t ToInt(const std::string& text, std::string_view column) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) Malformed("integer", column);
  return value;
}

double ToDouble(const std::string& text, std::string_view column) {
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text != "NaN" && (error != std::errc{} || end != text.data() + text.size())) Malformed("number", column);
  return value;
}

// Reads one element that starts at `at` and moves `at` behind it.
std::string ParseElement(std::string_view text, std::size_t& at) {
  std::string element;
  if (text[at] != '"') {
    const std::size_t end = text.find_first_of(",}", at);
    if (end == std::string_view::npos) Malformed("array", "?");
    element = text.substr(at, end - at);
    at = end;
    return element == "NULL" ? "" : element;
  }
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    element += text[at];
  }
  ++at;
  return element;
}

}  // namespace

std::string ArrayLiteral(const std::vector<std::string>& elements) {
  std::string text = "{";
  for (const std::string& element : elements) {
    if (text.size() > 1) text += ',';
    text += '"';
    for (const char c : element) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + '}';
}

std::string ArrayLiteral(const std::vector<std::int64_t>& elements) {
  std::string text = "{";
  for (const std::int64_t element : elements) {
    if (text.size() > 1) text += ',';
    text += std::to_string(element);
  }
  return text + '}';
}

std::vector<std::string> ParseArray(std::string_view text) {
  std::vector<std::string> elements;
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') Malformed("array", "?");
  if (text == "{}") return elements;
  std::size_t at = 1;
  while (true) {
    elements.push_back(ParseElement(text, at));
    if (at >= text.size()) Malformed("array", "?");
    if (text[at] == '}') return elements;
    if (text[at] != ',' || ++at >= text.size()) Malformed("array", "?");
  }
}

bool Result::Has(std::string_view column) const {
  return std::find(columns_.begin(), columns_.end(), column) != columns_.end();
}

const std::optional<std::string>& Row::Value(std::string_view column) const {
  const auto& columns = result_->columns_;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i] == column) return result_->rows_[index_][i];
  throw std::logic_error("no column " + std::string(column) + " in this result");
}

bool Row::IsNull(std::string_view column) const {
  return !Value(column).has_value();
}

const std::string& Row::Text(std::string_view column) const {
  static const std::string kEmpty;
  const auto& value = Value(column);
  return value ? *value : kEmpty;
}

std::int64_t Row::Int(std::string_view column) const {
  return ToInt(Text(column), column);
}
double Row::Double(std::string_view column) const {
  return ToDouble(Text(column), column);
}

bool Row::Bool(std::string_view column) const {
  const std::string& text = Text(column);
  if (text != "t" && text != "f") Malformed("boolean", column);
  return text == "t";
}

std::optional<std::int64_t> Row::OptionalInt(std::string_view column) const {
  return IsNull(column) ? std::nullopt : std::optional(Int(column));
}

std::optional<double> Row::OptionalDouble(std::string_view column) const {
  return IsNull(column) ? std::nullopt : std::optional(Double(column));
}

std::optional<bool> Row::OptionalBool(std::string_view column) const {
  return IsNull(column) ? std::nullopt : std::optional(Bool(column));
}

std::vector<std::string> Row::TextArray(std::string_view column) const {
  return IsNull(column) ? std::vector<std::string>{} : ParseArray(Text(column));
}

std::vector<std::int64_t> Row::IntArray(std::string_view column) const {
  std::vector<std::int64_t> numbers;
  for (const std::string& element : TextArray(column)) numbers.push_back(ToInt(element, column));
  return numbers;
}

Result::Result(std::vector<std::string> columns, std::vector<Values> rows)
    : columns_(std::move(columns)), rows_(std::move(rows)) {
  for (const Values& row : rows_)
    if (row.size() != columns_.size()) throw std::logic_error("a row has not as many values as there are columns");
}

Row Result::Only() const {
  if (rows_.size() != 1) Throw({"expected one row from the server, got " + std::to_string(rows_.size()), "", "", ""});
  return Row(*this, 0);
}

}  // namespace steward::db
