// See row_conditions.hpp.
#include "advise/index/row_conditions.hpp"

#include <algorithm>

namespace steward::advise {

namespace {

// An index on more rows than this saves next to nothing, and serves fewer statements than one on all rows.
constexpr double kMostRows = 0.9;
// The one value that samples show may not be the only one; an index on all rows serves the others too, and must be much
// larger for that not to matter.
constexpr double kMostRowsOfValue = 0.2;
constexpr std::size_t kMostTests = 3;  // the most selective ones

// As the server writes an arm of AND: only a lone column goes without parentheses.
std::string Arm(const RowTest& test) {
  return test.sql == test.column.sql ? test.sql : "(" + test.sql + ")";
}

RowCondition All(const std::vector<RowTest>& tests) {
  RowCondition all;
  for (const RowTest& test : tests) {
    all.sql += (all.sql.empty() ? "" : " AND ") + Arm(test);
    all.tests.push_back(test.sql);
    all.columns.push_back(test.column);
    all.share *= test.share;
  }
  return all;
}

}  // namespace

std::optional<std::string> TestSql(const model::Predicate& predicate, const std::string& column_sql) {
  if (predicate.kind == model::PredicateKind::kIsNull) return column_sql + " IS NULL";
  if (predicate.operator_name == "= true") return column_sql;
  if (predicate.operator_name == "= false") return "NOT " + column_sql;
  for (const char* test : {"IS NOT NULL", "IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE"})
    if (predicate.operator_name == test) return column_sql + " " + test;
  if (!predicate.value_test_sql.empty() && predicate.estimated_selectivity.value_or(1) <= kMostRowsOfValue)
    return predicate.value_test_sql;
  return std::nullopt;
}

std::vector<RowCondition> RowConditions(const std::vector<RowTest>& tests) {
  std::vector<RowTest> telling;
  std::copy_if(tests.begin(), tests.end(), std::back_inserter(telling),
               [](const RowTest& test) { return test.share <= kMostRows; });
  std::stable_sort(telling.begin(), telling.end(), [](const RowTest& a, const RowTest& b) { return a.share < b.share; });
  if (telling.size() > kMostTests) telling.resize(kMostTests);
  std::stable_sort(telling.begin(), telling.end(),
                   [](const RowTest& a, const RowTest& b) { return a.column.attnum < b.column.attnum; });
  std::vector<RowCondition> conditions;
  for (const RowTest& test : telling) conditions.push_back({test.sql, {test.sql}, {test.column}, test.share});
  if (telling.size() > 1) conditions.push_back(All(telling));
  return conditions;
}

}  // namespace steward::advise
