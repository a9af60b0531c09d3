// See libpq_text.hpp.
#include "db/libpq_text.hpp"

#include <cstring>
#include <utility>
#include <vector>

namespace steward::db {

std::string Trimmed(const char* message) {
  std::string text = message == nullptr ? "" : message;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string ErrorField(const PGresult* result, int code) {
  constexpr std::size_t kLongest = 16384;
  const char* text = PQresultErrorField(result, code);
  if (text == nullptr) return "";
  std::string field(text, strnlen(text, kLongest + 1));
  if (field.size() > kLongest) field.replace(kLongest, std::string::npos, "...");
  return field;
}

Result::Values CopyRow(const PGresult* result, int row) {
  Result::Values values;
  const int columns = PQnfields(result);
  values.reserve(static_cast<std::size_t>(columns));
  for (int column = 0; column < columns; ++column) {
    if (PQgetisnull(result, row, column) != 0)
      values.emplace_back(std::nullopt);
    else
      values.emplace_back(std::string(PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column))));
  }
  return values;
}

Result CopyRows(const PGresult* result) {
  std::vector<std::string> names;
  for (int column = 0; column < PQnfields(result); ++column) names.emplace_back(PQfname(result, column));
  std::vector<Result::Values> rows;
  for (int row = 0; row < PQntuples(result); ++row) rows.push_back(CopyRow(result, row));
  return Result(std::move(names), std::move(rows));
}

}  // namespace steward::db
