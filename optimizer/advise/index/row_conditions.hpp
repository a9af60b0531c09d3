// What a scan asks of its rows whenever it runs: the conditions of partial indexes that serve it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/workload.hpp"

namespace steward::advise {

/// A test of one column. Either it compares with no value, so the planner can prove an index's condition from it, in
/// generic plans too; or with the one value that every sample of the statement has.
struct RowTest {
  model::IndexKey column;
  std::string sql;   // as the server writes it: "deleted_at IS NULL", "NOT processed"
  double share = 1;  // of the table's rows that pass

  friend bool operator==(const RowTest& a, const RowTest& b) { return a.column == b.column && a.sql == b.sql; }
};

/// The condition of a partial index.
struct RowCondition {
  std::string sql;                     // as the server writes it, without outer parentheses
  std::vector<std::string> tests;      // of which it consists
  std::vector<model::IndexKey> columns;  // that it tests
  double share = 1;                    // of the rows that pass, if the tests are independent
};

/// The test that `predicate` is on a column whose quoted name is `column_sql`; none where it compares with values that
/// differ or are not known.
[[nodiscard]] std::optional<std::string> TestSql(const model::Predicate& predicate, const std::string& column_sql);

/// Each of `tests` that leaves out enough rows, and all of these together.
[[nodiscard]] std::vector<RowCondition> RowConditions(const std::vector<RowTest>& tests);

}  // namespace steward::advise
