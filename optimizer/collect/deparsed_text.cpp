// See deparsed_text.hpp.
#include "collect/deparsed_text.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <span>

namespace steward::collect {

namespace {

constexpr int kDeepest = 100;  // nested conditions: what lies deeper is not taken apart

enum class Kind { kWord, kQuoted, kString, kParameter, kOperator, kCast, kOther };

struct Token {
  Kind kind;
  std::string_view text;  // as written

  [[nodiscard]] bool Is(std::string_view word) const { return kind != Kind::kQuoted && kind != Kind::kString && text == word; }
  [[nodiscard]] bool Name() const { return kind == Kind::kWord || kind == Kind::kQuoted; }
};

using Tokens = std::span<const Token>;

bool WordStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool WordPart(char c) {
  return WordStart(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '$';
}

// Behind the closing quote of what is quoted at `at`; a doubled quote is part of it, and so is an escaped one.
std::size_t BehindQuoted(std::string_view text, std::size_t at, bool escapes) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (escapes && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (i + 1 >= text.size() || text[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return text.size();
}

template <typename Part>
std::size_t Behind(std::string_view text, std::size_t at, Part part) {
  while (at < text.size() && part(text[at])) ++at;
  return at;
}

Token Next(std::string_view text, std::size_t at) {
  constexpr std::string_view kOperators = "+-*/<>=~!@#%^&|`?";
  const char c = text[at];
  const auto token = [&](Kind kind, std::size_t end) { return Token{kind, text.substr(at, end - at)}; };
  if (c == '\'') return token(Kind::kString, BehindQuoted(text, at, false));
  if (c == 'E' && text.substr(at + 1).starts_with('\'')) return token(Kind::kString, BehindQuoted(text, at + 1, true));
  if (c == '"') return token(Kind::kQuoted, BehindQuoted(text, at, false));
  if (WordStart(c)) return token(Kind::kWord, Behind(text, at, WordPart));
  if (c == '$') return token(Kind::kParameter, Behind(text, at + 1, WordPart));
  if (std::isdigit(static_cast<unsigned char>(c)) != 0)
    return token(Kind::kOther, Behind(text, at, [](char d) { return WordPart(d) || d == '.'; }));
  if (text.substr(at).starts_with("::")) return token(Kind::kCast, at + 2);
  if (kOperators.find(c) != std::string_view::npos)
    return token(Kind::kOperator, Behind(text, at, [&](char o) { return kOperators.find(o) != std::string_view::npos; }));
  return token(Kind::kOther, at + 1);
}

std::vector<Token> Split(std::string_view text) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ' || text[at] == '\n') {
      ++at;
      continue;
    }
    tokens.push_back(Next(text, at));
    at += tokens.back().text.size();
  }
  return tokens;
}

std::string Unquoted(const Token& token) {
  if (token.kind == Kind::kWord) return std::string(token.text);
  std::string name;
  for (std::size_t i = 1; i + 1 < token.text.size(); ++i) {
    name += token.text[i];
    if (token.text[i] == '"') ++i;
  }
  return name;
}

std::string StringValue(const Token& token) {
  const std::size_t start = token.text.find('\'') + 1;
  return std::string(token.text.substr(start, token.text.size() - start - (token.text.ends_with('\'') ? 1 : 0)));
}

int Step(const Token& token) {
  if (token.Is("(") || token.Is("[")) return 1;
  return token.Is(")") || token.Is("]") ? -1 : 0;
}

// Where the bracket that opens at `at` closes; the size where it does not.
std::size_t Closing(Tokens tokens, std::size_t at) {
  int depth = 0;
  for (; at < tokens.size(); ++at)
    if ((depth += Step(tokens[at])) == 0) return at;
  return tokens.size();
}

Tokens Bare(Tokens tokens) {
  while (tokens.size() > 2 && tokens.front().Is("(") && Closing(tokens, 0) == tokens.size() - 1)
    tokens = tokens.subspan(1, tokens.size() - 2);
  return tokens;
}

// The first token outside brackets that `wanted` says yes to; the size where there is none.
template <typename Wanted>
std::size_t Find(Tokens tokens, std::size_t from, Wanted wanted) {
  int depth = 0;
  for (std::size_t i = from; i < tokens.size(); ++i) {
    if (depth == 0 && wanted(tokens[i])) return i;
    depth += Step(tokens[i]);
  }
  return tokens.size();
}

bool Keyword(const Token& token) {
  return token.kind == Kind::kWord && std::isupper(static_cast<unsigned char>(token.text.front())) != 0;
}

// A column, its alias with it, that begins at `at`; `length` tokens long. The server writes its keywords in capitals
// and quotes every name that has one.
std::optional<DeparsedColumn> ColumnAt(Tokens tokens, std::size_t at, std::size_t& length) {
  if (!tokens[at].Name() || Keyword(tokens[at]) || (at > 0 && (tokens[at - 1].Is(".") || tokens[at - 1].kind == Kind::kCast)))
    return std::nullopt;
  const auto is = [&](std::size_t i, std::string_view text) { return i < tokens.size() && tokens[i].Is(text); };
  DeparsedColumn column{"", Unquoted(tokens[at])};
  length = 1;
  if (is(at + 1, ".") && at + 2 < tokens.size() && (tokens[at + 2].Name() || is(at + 2, "*"))) {
    column = {column.name, is(at + 2, "*") ? "*" : Unquoted(tokens[at + 2])};
    length = 3;
  }
  if (is(at + length, "(") || is(at + length, ".") || column.name == "true" || column.name == "false")
    return std::nullopt;
  return column;
}

void AddColumns(Tokens tokens, std::vector<DeparsedColumn>& columns) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (const auto column = ColumnAt(tokens, i, length);
        column && std::find(columns.begin(), columns.end(), *column) == columns.end())
      columns.push_back(*column);
}

std::string_view Covered(Tokens tokens) {
  return {tokens.front().text.data(),
          static_cast<std::size_t>(tokens.back().text.data() + tokens.back().text.size() - tokens.front().text.data())};
}

// The text with "alias." taken out of it.
std::string WithoutAliases(Tokens tokens) {
  const std::string_view all = Covered(tokens);
  std::string text;
  std::size_t from = 0;
  std::size_t length = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!ColumnAt(tokens, i, length) || length != 3) continue;
    const auto offset = [&](std::size_t token) { return static_cast<std::size_t>(tokens[token].text.data() - all.data()); };
    text += all.substr(from, offset(i) - from);
    from = offset(i + 2);
  }
  return text.append(all.substr(from));
}

bool Closed(Tokens tokens) {
  return std::none_of(tokens.begin(), tokens.end(), [](const Token& token) {
    return token.kind == Kind::kParameter || token.Is("SubPlan") || token.Is("InitPlan") || token.Is("hashed");
  });
}

// What is left of a cast at the end, and its type.
Tokens WithoutCast(Tokens tokens, std::string& type) {
  const std::size_t cast = Find(tokens, 0, [](const Token& token) { return token.kind == Kind::kCast; });
  if (cast == 0 || cast + 1 >= tokens.size()) return tokens;
  const Tokens rest = tokens.subspan(cast + 1);
  if (std::any_of(rest.begin(), rest.end(),
                  [](const Token& token) { return token.kind == Kind::kOperator || token.kind == Kind::kCast; }))
    return tokens;
  type = std::string(Covered(rest));
  return Bare(tokens.first(cast));
}

DeparsedSide ReadSide(Tokens tokens) {
  DeparsedSide side;
  tokens = Bare(tokens);
  if (tokens.empty()) return side;
  AddColumns(tokens, side.columns);
  std::string type;
  const Tokens inner = WithoutCast(tokens, type);
  std::size_t length = 0;
  if (const auto column = ColumnAt(inner, 0, length); column && length == inner.size()) {
    side.column = column;
    side.cast = type;
  }
  if (inner.size() == 1 && inner[0].kind == Kind::kString) side.literal = StringValue(inner[0]);
  if (!side.columns.empty() && Closed(tokens)) side.expression = WithoutAliases(tokens);
  return side;
}

DeparsedClause ReadClause(Tokens tokens, int depth);

DeparsedClause ReadParts(Tokens tokens, std::string_view word, DeparsedClause::Shape shape, int depth) {
  DeparsedClause clause{shape};
  for (std::size_t from = 0; from <= tokens.size();) {
    const std::size_t end = Find(tokens, from, [&](const Token& token) { return token.Is(word); });
    if (end > from) clause.parts.push_back(ReadClause(tokens.subspan(from, end - from), depth + 1));
    from = end + 1;
  }
  return clause;
}

// `at` is where the operator stands: one of symbols, or OPERATOR(schema.symbols).
DeparsedClause ReadComparison(Tokens tokens, std::size_t at) {
  DeparsedClause clause{DeparsedClause::Shape::kComparison};
  clause.left = ReadSide(tokens.first(at));
  std::size_t behind = at + 1;
  std::size_t symbols = at;
  if (tokens[at].Is("OPERATOR")) {
    behind = std::min(Closing(tokens, at + 1) + 1, tokens.size());
    symbols = behind >= 2 ? behind - 2 : at;
  }
  clause.comparison = std::string(tokens[symbols].text);
  Tokens right = tokens.subspan(behind);
  clause.any = !right.empty() && right.front().Is("ANY");
  clause.all = !right.empty() && right.front().Is("ALL");
  if (clause.any || clause.all) right = right.subspan(1);
  clause.right = ReadSide(right);
  return clause;
}

DeparsedClause ReadClause(Tokens tokens, int depth) {
  using Shape = DeparsedClause::Shape;
  tokens = Bare(tokens);
  DeparsedClause other;
  other.left = ReadSide(tokens);
  if (tokens.empty() || depth > kDeepest) return other;
  const auto has = [&](std::string_view word) {
    return Find(tokens, 0, [&](const Token& token) { return token.Is(word); }) < tokens.size();
  };
  if (has("CASE")) return other;
  if (has("AND")) return ReadParts(tokens, "AND", Shape::kAnd, depth);
  if (has("OR")) return ReadParts(tokens, "OR", Shape::kOr, depth);
  if (tokens.front().Is("NOT")) {
    other.left = ReadSide(tokens.subspan(1));
    other.negated = true;
    if (other.left.column && other.left.cast.empty()) other.shape = Shape::kBoolean;
    return other;
  }
  const std::size_t is = Find(tokens, 0, [](const Token& token) { return token.Is("IS"); });
  if (is < tokens.size()) {
    other.negated = tokens.size() == is + 3 && tokens[is + 1].Is("NOT");
    if (!tokens.back().Is("NULL") || tokens.size() != is + (other.negated ? 3U : 2U)) return other;
    other.shape = Shape::kNullTest;
    other.left = ReadSide(tokens.first(is));
    return other;
  }
  const std::size_t at =
      Find(tokens, 0, [](const Token& token) { return token.kind == Kind::kOperator || token.Is("OPERATOR"); });
  if (at > 0 && at + 1 < tokens.size()) return ReadComparison(tokens, at);
  if (other.left.column && other.left.cast.empty()) other.shape = Shape::kBoolean;
  return other;
}

}  // namespace

DeparsedClause ParseCondition(std::string_view text) {
  const std::vector<Token> tokens = Split(text);
  return ReadClause(tokens, 0);
}

DeparsedKey ParseKey(std::string_view text) {
  const std::vector<Token> all = Split(text);
  Tokens tokens = all;
  DeparsedKey key;
  std::optional<bool> nulls_first;
  const auto ends_with = [&](std::string_view word) { return tokens.size() > 1 && tokens.back().Is(word); };
  if (ends_with("FIRST") || ends_with("LAST")) {
    nulls_first = ends_with("FIRST");
    tokens = tokens.first(tokens.size() - 2);
  }
  if (ends_with("DESC")) {
    key.descending = true;
    tokens = tokens.first(tokens.size() - 1);
  }
  key.nulls_first = nulls_first.value_or(key.descending);
  key.side = ReadSide(tokens);
  return key;
}

std::vector<DeparsedColumn> ColumnsIn(std::string_view text) {
  const std::vector<Token> tokens = Split(text);
  std::vector<DeparsedColumn> columns;
  AddColumns(tokens, columns);
  return columns;
}

}  // namespace steward::collect
