// See libpq_text.hpp.
#include "db/libpq_text.hpp"

#include <utility>
#include <vector>

namespace steward::db {

std::string Trimmed(const char* message) {
  std::string text = message == nullptr ? "" : message;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string ErrorField(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

Result CopyRows(const PGresult* result) {
  const int columns = PQnfields(result);
  std::vector<std::string> names;
  for (int column = 0; column < columns; ++column) names.emplace_back(PQfname(result, column));
  std::vector<Result::Values> rows(static_cast<std::size_t>(PQntuples(result)));
  for (int row = 0; row < PQntuples(result); ++row) {
    Result::Values& values = rows[static_cast<std::size_t>(row)];
    for (int column = 0; column < columns; ++column) {
      if (PQgetisnull(result, row, column) != 0)
        values.emplace_back(std::nullopt);
      else
        values.emplace_back(
            std::string(PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column))));
    }
  }
  return Result(std::move(names), std::move(rows));
}

}  // namespace steward::db
