// See plannable_text.hpp.
#include "collect/plannable_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "collect/sql_pieces.hpp"

namespace steward::collect {

namespace {

using core::TokenKind;

template <std::size_t N>
bool OneOf(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// What an expression may follow. Any other word in front of a constant is the name of its type.
constexpr auto kBeforeExpressions = std::to_array<std::string_view>(
    {"all",      "and",     "as",        "asymmetric", "between", "both",    "by",       "case",     "content", "default", "distinct",
     "document", "else",    "escape",    "first",      "for",     "from",    "groups",   "having",   "ilike",   "in",      "is",
     "key",      "leading", "like",      "limit",      "n",       "next",    "not",      "offset",   "on",      "operator", "or",
     "passing",  "path",    "placing",   "range",      "return",  "returning", "rows",   "select",   "set",     "similar", "symmetric",
     "then",     "to",      "trailing",  "uescape",    "using",   "value",   "variadic", "version",  "when",    "where",   "zone"});

bool IsName(const SqlPieces& sql, std::size_t i) { return sql.At(i).kind == TokenKind::kWord; }

bool IsUnit(const SqlPieces& sql, std::size_t i) {
  return OneOf(sql.At(i).word, std::to_array<std::string_view>({"year", "month", "day", "hour", "minute", "second"}));
}

// Behind "(10, 2)" or "(Point, 4326)" at `i`; `i` where there is no such thing.
std::size_t PastModifier(const SqlPieces& sql, std::size_t i) {
  if (!sql.Is(i, "(")) return i;
  const std::size_t end = sql.PastBracket(i);
  for (std::size_t k = i + 1; k + 1 < end; ++k)
    if (!IsName(sql, k) && sql.At(k).kind != TokenKind::kNumber && !sql.Is(k, ",") && !sql.Is(k, "-")) return i;
  return end;
}

// Behind the name of a type that begins at `i`; `i` where none does.
std::size_t PastType(const SqlPieces& sql, std::size_t i) {
  if (!IsName(sql, i) || OneOf(sql.At(i).word, kBeforeExpressions)) return i;
  std::size_t end = i + 1;
  if (sql.IsWord(i, "double") && sql.IsWord(end, "precision")) ++end;
  if (sql.IsWord(i, "national") && (sql.IsWord(end, "character") || sql.IsWord(end, "char"))) ++end;
  if (sql.IsWord(end, "varying")) ++end;
  while (sql.Is(end, ".") && IsName(sql, end + 1)) end += 2;
  end = PastModifier(sql, end);
  if (sql.IsWord(i, "time") || sql.IsWord(i, "timestamp"))
    if ((sql.IsWord(end, "with") || sql.IsWord(end, "without")) && sql.IsWord(end + 1, "time") && sql.IsWord(end + 2, "zone"))
      end += 3;
  return end;
}

// Behind what follows an interval's constant: "day", "year to month", "day to second(3)".
std::size_t PastUnits(const SqlPieces& sql, std::size_t i) {
  if (!IsUnit(sql, i)) return i;
  ++i;
  if (sql.IsWord(i, "to") && IsUnit(sql, i + 1)) i += 2;
  return sql.IsWord(i - 1, "second") ? PastModifier(sql, i) : i;
}

bool IsText(const SqlPieces& sql, std::size_t i) { return sql.IsParameter(i) || sql.At(i).kind == TokenKind::kString; }

// What a function that the grammar knows by its keywords is called by its name.
void CallExtract(SqlPieces& sql, std::size_t i) {
  if (!sql.IsWord(i, "extract") || !sql.Is(i + 1, "(") || !sql.IsWord(i + 3, "from")) return;
  const std::string& field = sql.At(i + 2).word;
  if (field.empty() && !IsText(sql, i + 2)) return;
  if (!field.empty()) sql.Replace(i + 2, i + 3, '\'' + field + '\'');
  sql.Replace(i, i + 1, "pg_catalog.extract");
  sql.Replace(i + 2, i + 4, sql.At(i + 2).text + ",");
}

// A parameter that is given no type where it stands.
bool IsUntyped(const SqlPieces& sql, std::size_t i) {
  if (!sql.IsParameter(i) || sql.Is(i + 1, ":")) return false;
  return !(sql.Is(i - 1, "(") && sql.IsWord(i - 2, "cast"));
}

void Cast(SqlPieces& sql, std::size_t i, const std::string& type) {
  sql.Replace(i, i + 1, "CAST(" + sql.At(i).text + " AS " + type + ")");
}

bool IsOperatorCharacter(const SqlPieces& sql, std::size_t i) {
  return sql.At(i).kind == TokenKind::kOther && std::string_view("+-*/<>=~!@#%^&|`?").find(sql.At(i).text) != std::string_view::npos;
}

bool IsArithmetic(const SqlPieces& sql, std::size_t i) {
  if (sql.At(i).kind != TokenKind::kOther || std::string_view("+-*/%").find(sql.At(i).text) == std::string_view::npos) return false;
  return !(IsOperatorCharacter(sql, i - 1) && sql.At(i).space.empty()) &&
         !(IsOperatorCharacter(sql, i + 1) && sql.At(i + 1).space.empty());
}

// For each piece that stands between brackets and commas alone, what is in front of the opening bracket: the function that
// it is an argument of, "array" or "in".
std::vector<std::string> Callees(const SqlPieces& sql) {
  std::vector<std::string> callees(sql.size());
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (sql.Is(i, "(") || sql.Is(i, "[")) open.push_back(i);
    if ((sql.Is(i, ")") || sql.Is(i, "]")) && !open.empty()) open.pop_back();
    const bool begins = sql.Is(i - 1, "(") || sql.Is(i - 1, "[") || sql.Is(i - 1, ",");
    const bool ends = sql.Is(i + 1, ")") || sql.Is(i + 1, "]") || sql.Is(i + 1, ",");
    if (begins && ends && !open.empty()) callees[i] = sql.At(open.back() - 1).word;
  }
  return callees;
}

bool IsCaseResult(const SqlPieces& sql, std::size_t i) {
  if (!sql.IsWord(i - 1, "then") && !sql.IsWord(i - 1, "else")) return false;
  return sql.IsWord(i + 1, "when") || sql.IsWord(i + 1, "else") || sql.IsWord(i + 1, "end");
}

// The n of the first $n; 0 where there is none.
int NamedParameter(const std::string& message) {
  const std::size_t at = message.find('$');
  return at == std::string::npos ? 0 : std::atoi(message.c_str() + at + 1);
}

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The expressions of a list that begins at `i`, without what says how they are sorted.
void AddItems(const SqlPieces& sql, std::size_t i, std::vector<Range>& items) {
  constexpr auto kEnds = std::to_array<std::string_view>({"having", "order", "limit", "offset", "fetch", "for", "window", "union",
                                                         "intersect", "except", "rows", "range", "groups"});
  Range item{i, i};
  const auto add = [&] {
    for (; item.end > item.begin; --item.end)
      if (!OneOf(sql.At(item.end - 1).word, std::to_array<std::string_view>({"asc", "desc", "nulls", "first", "last"}))) break;
    if (item.end - item.begin >= 2) items.push_back(item);  // a number alone is a position
  };
  while (i < sql.size() && !sql.Is(i, ")") && !sql.Is(i, ";") && !OneOf(sql.At(i).word, kEnds)) {
    if (sql.Is(i, ",")) {
      add();
      item.begin = i + 1;
    }
    i = sql.Is(i, "(") || sql.Is(i, "[") ? sql.PastBracket(i) : i + 1;
    item.end = i;
  }
  add();
}

std::vector<Range> ListedExpressions(const SqlPieces& sql) {
  std::vector<Range> items;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (sql.IsWord(i, "by")) AddItems(sql, i + 1, items);
    if (!sql.Is(i + 1, "(")) continue;
    if (sql.IsWord(i, "rollup") || sql.IsWord(i, "cube") || (sql.IsWord(i, "on") && sql.IsWord(i - 1, "distinct")))
      AddItems(sql, i + 2, items);
  }
  return items;
}

bool Same(const SqlPieces& sql, const Range& item, std::size_t at) {
  for (std::size_t k = 0; k < item.end - item.begin; ++k) {
    const SqlPiece& a = sql.At(item.begin + k);
    const SqlPiece& b = sql.At(at + k);
    if (a.text == b.text || (!a.word.empty() && a.word == b.word)) continue;
    if (!sql.IsConstant(item.begin + k) || !sql.IsConstant(at + k)) return false;
    if (a.kind != TokenKind::kParameter && b.kind != TokenKind::kParameter) return false;
  }
  return true;
}

bool HasParameter(const SqlPieces& sql, const Range& range) {
  for (std::size_t i = range.begin; i < range.end; ++i)
    if (sql.IsParameter(i)) return true;
  return false;
}

// All that are the same get the constants of the first that has no parameters, for an index is on an expression with
// constants; else of the first.
void MakeEqual(SqlPieces& sql, const Range& item) {
  const std::size_t length = item.end - item.begin;
  std::vector<std::size_t> same;
  for (std::size_t at = 0; at + length <= sql.size(); ++at)
    if (Same(sql, item, at)) same.push_back(at);
  const auto constant = std::find_if(same.begin(), same.end(), [&](std::size_t at) { return !HasParameter(sql, {at, at + length}); });
  const std::size_t source = constant == same.end() ? same.front() : *constant;
  for (const std::size_t at : same)
    for (std::size_t k = 0; k < length; ++k)
      if (sql.IsConstant(at + k)) sql.Replace(at + k, at + k + 1, sql.At(source + k).text);
}

std::string Renumbered(const std::string& text) {
  SqlPieces sql(text);
  std::map<int, int> numbers;
  for (std::size_t i = 0; i < sql.size(); ++i)
    if (sql.IsParameter(i)) numbers[NamedParameter(sql.At(i).text)] = 0;
  int next = 0;
  for (auto& [from, to] : numbers) to = ++next;
  for (std::size_t i = 0; i < sql.size(); ++i)
    if (sql.IsParameter(i)) sql.Replace(i, i + 1, "$" + std::to_string(numbers[NamedParameter(sql.At(i).text)]));
  return sql.Join();
}

}  // namespace

std::string WithCasts(const std::string& text) {
  SqlPieces sql(text);
  for (std::size_t i = 0; i < sql.size(); ++i) {
    CallExtract(sql, i);
    if (sql.Is(i - 1, ".")) continue;
    const std::size_t constant = PastType(sql, i);
    if (constant == i || !IsText(sql, constant)) continue;
    const bool units = sql.IsWord(constant - 1, "interval");
    const std::size_t end = units ? PastUnits(sql, constant + 1) : constant + 1;
    const std::string type = sql.Text(i, constant) + (end > constant + 1 ? " " + sql.Text(constant + 1, end) : "");
    sql.Replace(i, end, "CAST(" + sql.At(constant).text + " AS " + type + ")");
    i = end - 1;
  }
  return sql.Join();
}

std::string WithNumbers(const std::string& text) {
  SqlPieces sql(text);
  const std::vector<std::string> callees = Callees(sql);
  for (std::size_t i = 0; i < sql.size(); ++i) {
    const bool listed = OneOf(callees[i], std::to_array<std::string_view>({"array", "sum", "avg", "generate_series"}));
    if (IsUntyped(sql, i) && (listed || IsCaseResult(sql, i) || IsArithmetic(sql, i - 1) || IsArithmetic(sql, i + 1)))
      Cast(sql, i, "integer");
  }
  return sql.Join();
}

std::string WithText(const std::string& text, int parameter) {
  SqlPieces sql(text);
  const std::vector<std::string> callees = Callees(sql);
  std::string callee;
  for (std::size_t i = 0; i < sql.size(); ++i)
    if (IsUntyped(sql, i) && NamedParameter(sql.At(i).text) == parameter) callee = callees[i];
  for (std::size_t i = 0; i < sql.size(); ++i)
    if (IsUntyped(sql, i) &&
        (NamedParameter(sql.At(i).text) == parameter || (!callee.empty() && callee != "in" && callees[i] == callee)))
      Cast(sql, i, "text");
  return sql.Join();
}

std::string WithEqualExpressions(const std::string& text) {
  SqlPieces sql(text);
  for (const Range& item : ListedExpressions(sql)) MakeEqual(sql, item);
  return Renumbered(sql.Join());
}

std::string MendedText(const std::string& text, const std::string& sqlstate, const std::string& message) {
  if (sqlstate == "42601") return WithCasts(text);                                // syntax_error
  if (sqlstate == "42P18") return WithText(text, NamedParameter(message));       // indeterminate_datatype
  if (sqlstate == "42803" || sqlstate == "42P10") return WithEqualExpressions(text);  // grouping_error, invalid_column_reference
  if (sqlstate == "42725" || sqlstate == "42883" || sqlstate == "42804") return WithNumbers(text);  // of ambiguous or wrong types
  return text;
}

}  // namespace steward::collect
