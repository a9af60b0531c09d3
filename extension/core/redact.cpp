// See redact.hpp. Output never overtakes input, because a question mark is no longer than any literal.
#include "core/redact.hpp"

#include <cstring>

namespace steward::core {

namespace {

bool Digit(char c) { return c >= '0' && c <= '9'; }

bool Letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool Space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// One character of SQL and the bytes that spell it: in JSON text a character may be an escape sequence.
struct Unit {
  char c;
  std::size_t bytes;  // 0 at the end
};

// Reads SQL from `at` and writes what stays to `out`, both in the same buffer.
class Redactor {
 public:
  Redactor(char* at, const char* end, char* out, bool json) : at_(at), end_(end), out_(out), json_(json) {}

  char* Run() {
    while (Peek(0).bytes > 0) Token();
    return out_;
  }

 private:
  [[nodiscard]] Unit UnitAt(const char* p) const {
    if (p >= end_) return {'\0', 0};
    if (!json_ || *p != '\\' || p + 1 >= end_) return {*p, 1};
    switch (p[1]) {
      case 'n':
      case 'r':
      case 't':
      case 'b':
      case 'f':
        return {' ', 2};
      case 'u':
        return {' ', end_ - p >= 6 ? 6U : static_cast<std::size_t>(end_ - p)};
      default:
        return {p[1], 2};
    }
  }

  [[nodiscard]] Unit Peek(int ahead) const {
    const char* p = at_;
    for (; ahead > 0; ahead--) p += UnitAt(p).bytes;
    return UnitAt(p);
  }

  void Skip() { at_ += UnitAt(at_).bytes; }

  void Copy() {
    const std::size_t bytes = UnitAt(at_).bytes;
    std::memmove(out_, at_, bytes);
    out_ += bytes;
    at_ += bytes;
  }

  void Mark() { *out_++ = '?'; }

  void Token() {
    const char c = Peek(0).c;
    const char next = Peek(1).c;
    if (c == '\'') {
      String(false);
    } else if (c == '"') {
      QuotedName();
    } else if (Digit(c) || (c == '.' && Digit(next))) {
      Number();
    } else if (Letter(c)) {
      Word();
    } else if (c == '$') {
      Dollar();
    } else {
      if (!Space(c)) plan_number_ = false;
      Copy();
    }
  }

  // At the opening quote.
  void String(bool backslashes) {
    Skip();
    for (Unit unit = Peek(0); unit.bytes > 0; unit = Peek(0)) {
      Skip();
      if (backslashes && unit.c == '\\') {
        Skip();
      } else if (unit.c == '\'') {
        if (Peek(0).c != '\'') break;
        Skip();
      }
    }
    Mark();
    plan_number_ = false;
  }

  void QuotedName() {
    Copy();
    while (Peek(0).bytes > 0) {
      const bool quote = Peek(0).c == '"';
      Copy();
      if (!quote) continue;
      if (Peek(0).c != '"') break;
      Copy();
    }
    plan_number_ = false;
  }

  void Number() {
    const bool keep = plan_number_;
    plan_number_ = false;
    if (keep) {
      while (Digit(Peek(0).c)) Copy();
      return;
    }
    for (char c = Peek(0).c; Digit(c) || Letter(c) || c == '.'; c = Peek(0).c) {
      Skip();
      const bool exponent = (c == 'e' || c == 'E') && (Peek(0).c == '+' || Peek(0).c == '-') && Digit(Peek(1).c);
      if (exponent) Skip();
    }
    Mark();
  }

  // A name or keyword, or the prefix of a string: E'', B'', X'', N'', U&''.
  void Word() {
    const char c = Peek(0).c;
    const char next = Peek(1).c;
    if (next == '\'' && std::strchr("eEbBxXnN", c) != nullptr) {
      Skip();
      return String(c == 'e' || c == 'E');
    }
    if ((c == 'u' || c == 'U') && next == '&' && Peek(2).c == '\'') {
      Skip();
      Skip();
      return String(false);
    }
    const char* word = out_;
    while (Letter(Peek(0).c) || Digit(Peek(0).c) || Peek(0).c == '$') Copy();
    const auto length = static_cast<std::size_t>(out_ - word);
    plan_number_ = (length == 7 && std::memcmp(word, "SubPlan", 7) == 0) ||
                   (length == 8 && std::memcmp(word, "InitPlan", 8) == 0);
  }

  // A parameter, or a dollar-quoted string.
  void Dollar() {
    plan_number_ = false;
    if (Digit(Peek(1).c)) {
      Copy();
      while (Digit(Peek(0).c)) Copy();
      return;
    }
    std::size_t tag = 1;
    while (Letter(at_[tag < Left() ? tag : 0]) || (tag > 1 && tag < Left() && Digit(at_[tag]))) tag++;
    if (tag >= Left() || at_[tag] != '$') return Copy();
    const char* opening = at_;
    at_ += tag + 1;
    while (Left() > 0 && (Left() <= tag || std::memcmp(at_, opening, tag + 1) != 0)) at_++;
    at_ += Left() > tag ? tag + 1 : Left();
    Mark();
  }

  [[nodiscard]] std::size_t Left() const { return static_cast<std::size_t>(end_ - at_); }

  char* at_;
  const char* end_;
  char* out_;
  bool json_;
  bool plan_number_ = false;  // the last word was SubPlan or InitPlan
};

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

}  // namespace

std::size_t RedactSql(char* text, std::size_t length) {
  return static_cast<std::size_t>(Redactor(text, text + length, text, false).Run() - text);
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
    const auto bytes = static_cast<std::size_t>(close - content);
    const bool key = close < end && IsKey(close + 1, end);
    if (key) safe = SafeKey(content, bytes);
    *out++ = '"';
    if (key || safe) {
      std::memmove(out, content, bytes);
      out += bytes;
    } else {
      out = Redactor(content, close, out, true).Run();
    }
    at = close;
    if (at < end) *out++ = *at++;
  }
  return static_cast<std::size_t>(out - json);
}

}  // namespace steward::core
