// See trace_context.hpp.
#include "core/trace_context.hpp"

#include <cstring>

namespace steward::core {

namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";
constexpr std::string_view kKey = "traceparent";
constexpr size_t kSpanIdLength = 16;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Reads a value whose characters may be URL-encoded, its quotes with a backslash.
class ValueReader {
 public:
  explicit ValueReader(std::string_view text) : text_(text) {}

  // The next character; 0 at the end and for what is no encoding.
  char Next() {
    if (!text_.empty() && text_[0] == '\\') text_.remove_prefix(1);
    if (text_.empty()) return 0;
    char c = text_[0];
    size_t length = 1;
    if (c == '%') {
      const int high = text_.size() > 2 ? HexDigit(text_[1]) : -1;
      const int low = text_.size() > 2 ? HexDigit(text_[2]) : -1;
      c = high < 0 || low < 0 ? '\0' : static_cast<char>(high * 16 + low);
      length = high < 0 || low < 0 ? text_.size() : 3;
    }
    text_.remove_prefix(length);
    return c;
  }

  bool Literal(std::string_view expected) {
    for (const char c : expected)
      if (Next() != c) return false;
    return true;
  }

  // `length` lower-case digits, not all of them zero unless `zero_allowed`.
  bool Hex(size_t length, char* out, bool zero_allowed) {
    bool zero = true;
    for (size_t i = 0; i < length; i++) {
      const char c = Next();
      if (HexDigit(c) < 0 || (c >= 'A' && c <= 'F')) return false;
      zero &= c == '0';
      out[i] = c;
    }
    return zero_allowed || !zero;
  }

 private:
  std::string_view text_;
};

// What follows "traceparent=". Empty unless it is valid as a whole.
TraceId ParseValue(std::string_view text) {
  TraceId id{};
  char ignored[kSpanIdLength];
  const char quote = ValueReader(text).Next();
  const bool quoted = quote == '\'' || quote == '"';
  ValueReader reader(text);
  if (quoted) reader.Next();
  const bool valid = reader.Literal("00-") && reader.Hex(kTraceIdLength, id.hex, false) && reader.Literal("-") &&
                     reader.Hex(kSpanIdLength, ignored, false) && reader.Literal("-") && reader.Hex(2, ignored, true);
  const char end = valid ? reader.Next() : '\0';
  const bool ended = quoted ? end == quote : end == '\0' || end == ',' || kSpace.find(end) != std::string_view::npos;
  return valid && ended ? id : TraceId{};
}

bool IsKeyAt(std::string_view comment, size_t at) {
  if (at > 0 && comment[at - 1] != ',' && kSpace.find(comment[at - 1]) == std::string_view::npos) return false;
  const size_t end = at + kKey.size();
  return end < comment.size() && comment[end] == '=';
}

TraceId InComment(std::string_view comment) {
  for (size_t at = comment.find(kKey); at != std::string_view::npos; at = comment.find(kKey, at + 1)) {
    if (!IsKeyAt(comment, at)) continue;
    const TraceId id = ParseValue(comment.substr(at + kKey.size() + 1));
    if (id.hex[0] != '\0') return id;
  }
  return TraceId{};
}

// The comment that ends a statement, without its marks. Empty: none, or one that begins out of reach.
std::string_view LastComment(std::string_view statement) {
  if (statement.size() > kTraceReach) statement.remove_prefix(statement.size() - kTraceReach);
  while (!statement.empty() && (statement.back() == ';' || kSpace.find(statement.back()) != std::string_view::npos))
    statement.remove_suffix(1);
  if (statement.size() < 4 || !statement.ends_with("*/")) return {};
  statement.remove_suffix(2);
  const size_t begin = statement.rfind("/*");
  return begin == std::string_view::npos ? std::string_view() : statement.substr(begin + 2);
}

std::string_view FirstComment(std::string_view statement) {
  statement = statement.substr(0, kTraceReach);
  const size_t begin = statement.find_first_not_of(kSpace);
  if (begin == std::string_view::npos || !statement.substr(begin).starts_with("/*")) return {};
  const size_t end = statement.find("*/", begin + 2);
  return end == std::string_view::npos ? std::string_view() : statement.substr(begin + 2, end - begin - 2);
}

}  // namespace

TraceId FindTraceId(std::string_view statement) {
  const TraceId last = InComment(LastComment(statement));
  return last.hex[0] != '\0' ? last : InComment(FirstComment(statement));
}

}  // namespace steward::core
