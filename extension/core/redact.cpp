// See redact.hpp. Tokens are sql_lexer's. JSON strings are decoded, redacted and encoded again in their own place: none of
// the three steps makes them longer.
#include "core/redact.hpp"

#include <cstring>

#include "core/sql_lexer.hpp"

namespace steward::core {

namespace {

bool Space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool Is(const char* text, const Token& token, const char* word) {
  const auto length = static_cast<std::size_t>(token.end - token.start);
  return std::strlen(word) == length && std::memcmp(text + token.start, word, length) == 0;
}

// Keys whose values are names or properties of a node. Everything else may hold an expression.
const char* const kSafeKeys[] = {
    "Node Type",       "Parent Relationship", "Join Type",       "Strategy",       "Partial Mode",    "Relation Name",
    "Schema",          "Alias",               "Index Name",      "Scan Direction", "Operation",       "Subplan Name",
    "CTE Name",        "Function Name",       "Sort Method",     "Sort Space Type", "Sort Methods Used", "Command",
    "Custom Plan Provider", "Cache Mode",     "Tuplestore Name", "Conflict Resolution", "Conflict Arbiter Indexes",
    "Storage",
};

bool SafeKey(const char* key, std::size_t length) {
  for (const char* safe : kSafeKeys)
    if (std::strlen(safe) == length && std::memcmp(safe, key, length) == 0) return true;
  return false;
}

// The end of the JSON string whose first byte after the quote is `p`: its closing quote, or `end`.
char* StringEnd(char* p, const char* end) {
  while (p < end && *p != '"') p += *p == '\\' && p + 1 < end ? 2 : 1;
  return p;
}

bool IsKey(const char* p, const char* end) {
  while (p < end && Space(*p)) p++;
  return p < end && *p == ':';
}

constexpr char kLetters[] = "btnfr";
constexpr char kControls[] = "\b\t\n\f\r";

// Decodes the escapes in place; returns the new end. \uNNNN, which EXPLAIN writes for other control characters only, becomes
// a blank.
char* Decode(char* text, const char* end) {
  char* out = text;
  for (const char* p = text; p < end; p++) {
    if (*p != '\\' || p + 1 >= end) {
      *out++ = *p;
      continue;
    }
    p++;
    const char* letter = std::strchr(kLetters, *p);
    if (*p == 'u') {
      p += end - p > 4 ? 4 : end - p - 1;
      *out++ = ' ';
    } else if (letter != nullptr && *letter != '\0') {
      *out++ = kControls[letter - kLetters];
    } else {
      *out++ = *p;
    }
  }
  return out;
}

// The escape letter of `c`, or 0 when it stands for itself.
char Escape(char c) {
  if (c == '"' || c == '\\') return c;
  const char* control = c == '\0' ? nullptr : std::strchr(kControls, c);
  return control != nullptr ? kLetters[control - kControls] : '\0';
}

// Encodes [text, end) in place, from the end backwards; returns the new end.
char* Encode(char* text, char* end) {
  std::size_t bytes = 0;
  for (const char* p = text; p < end; p++) bytes += Escape(*p) != '\0' ? 2 : 1;
  char* out = text + bytes;
  while (end > text) {
    const char c = *--end;
    const char escape = Escape(c);
    *--out = escape != '\0' ? escape : c;
    if (escape != '\0') *--out = '\\';
  }
  return text + bytes;
}

}  // namespace

std::size_t RedactSql(char* text, std::size_t length) {
  const SqlText sql{text, static_cast<int>(length), false};
  char* out = text;
  bool plan_number = false;  // the last word was SubPlan or InitPlan
  for (Token token = NextToken(sql, 0); token.kind != TokenKind::kEnd; token = NextToken(sql, token.end)) {
    const bool number = token.kind == TokenKind::kNumber;
    if (token.kind == TokenKind::kString || (number && !plan_number)) {
      *out++ = '?';
    } else {
      const auto bytes = static_cast<std::size_t>(token.end - token.start);
      const bool names_plan = Is(text, token, "SubPlan") || Is(text, token, "InitPlan");
      std::memmove(out, text + token.start, bytes);
      out += bytes;
      if (names_plan || token.kind == TokenKind::kSpace) {
        plan_number = plan_number || names_plan;
        continue;
      }
    }
    plan_number = false;
  }
  return static_cast<std::size_t>(out - text);
}

std::size_t RedactPlanJson(char* json, std::size_t length) {
  char* at = json;
  char* out = json;
  const char* end = json + length;
  bool safe = false;
  while (at < end) {
    if (*at != '"') {
      *out++ = *at++;
      continue;
    }
    char* content = at + 1;
    char* close = StringEnd(content, end);
    const bool key = close < end && IsKey(close + 1, end);
    if (key) safe = SafeKey(content, static_cast<std::size_t>(close - content));
    char* redacted = close;
    if (!key && !safe) {
      char* decoded = Decode(content, close);
      redacted = Encode(content, content + RedactSql(content, static_cast<std::size_t>(decoded - content)));
    }
    const auto bytes = static_cast<std::size_t>(redacted - content);
    *out++ = '"';
    std::memmove(out, content, bytes);
    out += bytes;
    at = close;
    if (at < end) *out++ = *at++;
  }
  return static_cast<std::size_t>(out - json);
}

}  // namespace steward::core
