// Takes apart what the server writes of a plan's expressions in EXPLAIN: conditions and keys, in the fully parenthesised
// form of its deparser. No SQL parser: names are resolved, views expanded and conditions moved to where they are tested
// by the time such a text is written. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace steward::collect {

/// Unquoted. The alias is empty where the server left it out.
struct DeparsedColumn {
  std::string alias;
  std::string name;

  friend bool operator==(const DeparsedColumn&, const DeparsedColumn&) = default;
};

/// One side of a comparison.
struct DeparsedSide {
  std::vector<DeparsedColumn> columns;   // all that it mentions, each once; "*" for a whole row
  std::optional<DeparsedColumn> column;  // it is this one and nothing else, a cast aside
  std::string cast;                      // the type of that cast; empty: none
  std::string expression;                // its text without aliases, where it mentions columns, and neither parameters
                                         // nor sub-plans; else empty
  std::optional<std::string> literal;    // it is this string and nothing else, a cast aside
};

struct DeparsedClause {
  enum class Shape { kComparison, kNullTest, kBoolean, kAnd, kOr, kOther };

  Shape shape = Shape::kOther;
  std::string comparison = {};            // the operator, without its schema
  bool any = false;                       // of a comparison with one, or with all, elements of an array
  bool all = false;
  bool negated = false;                   // IS NOT NULL, NOT column
  DeparsedSide left = {};                 // of kBoolean the column, of kOther the whole
  DeparsedSide right = {};
  std::vector<DeparsedClause> parts = {};  // of kAnd and kOr
};

/// A condition such as "((o.created > $2) AND (o.status = ANY (ARRAY[$3, $4])))". What is not understood is kOther.
[[nodiscard]] DeparsedClause ParseCondition(std::string_view text);

struct DeparsedKey {
  DeparsedSide side;
  bool descending = false;
  bool nulls_first = false;  // as it sorts, said or not
};

/// A sort or group key such as "o.created DESC NULLS LAST".
[[nodiscard]] DeparsedKey ParseKey(std::string_view text);

/// The columns that any deparsed text mentions.
[[nodiscard]] std::vector<DeparsedColumn> ColumnsIn(std::string_view text);

}  // namespace steward::collect
