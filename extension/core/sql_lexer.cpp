// See sql_lexer.hpp. Token rules: PostgreSQL documentation, "Lexical Structure".
#include "core/sql_lexer.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

namespace steward::core {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

bool StartsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool ContinuesWord(char c) { return StartsWord(c) || IsDigit(c) || c == '$'; }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

class Reader {
 public:
  Reader(const SqlText& text, int at) : text_(text), at_(at) {}

  char Peek(int ahead = 0) const { return at_ + ahead < text_.length ? text_.data[at_ + ahead] : '\0'; }
  bool AtEnd() const { return at_ >= text_.length; }
  void Skip(int count) { at_ = std::min(text_.length, at_ + count); }
  int at() const { return at_; }

  void LineComment() {
    while (!AtEnd() && Peek() != '\n' && Peek() != '\r') at_++;
  }

  void BlockComment() {
    int depth = 0;
    while (!AtEnd()) {
      if (Peek() == '/' && Peek(1) == '*') {
        depth++;
        Skip(2);
      } else if (Peek() == '*' && Peek(1) == '/') {
        Skip(2);
        if (--depth == 0) return;
      } else {
        at_++;
      }
    }
  }

  // From the opening quote on. A doubled quote is content.
  void Quoted(char quote, bool backslash) {
    at_++;
    while (!AtEnd()) {
      const char c = Peek();
      if (backslash && c == '\\') {
        Skip(2);
      } else if (c != quote) {
        at_++;
      } else if (Peek(1) == quote) {
        Skip(2);
      } else {
        at_++;
        return;
      }
    }
  }

  // 'a' and 'b' with a line break and no more than comments to line ends between them are one string.
  void String(bool backslash) {
    Quoted('\'', backslash);
    for (;;) {
      const int end = at_;
      bool line_break = false;
      for (;;) {
        if (!AtEnd() && IsSpace(Peek())) {
          line_break |= Peek() == '\n' || Peek() == '\r';
          at_++;
        } else if (Peek() == '-' && Peek(1) == '-') {
          LineComment();
        } else {
          break;
        }
      }
      if (!line_break || Peek() != '\'') {
        at_ = end;
        return;
      }
      Quoted('\'', backslash);
    }
  }

  // $tag$ ... $tag$; false when no dollar quote begins here.
  bool DollarString() {
    int tag = 1;
    if (StartsWord(Peek(tag)))
      while (StartsWord(Peek(tag)) || IsDigit(Peek(tag))) tag++;
    if (Peek(tag) != '$') return false;
    const int length = tag + 1;
    const char* opening = text_.data + at_;
    Skip(length);
    while (!AtEnd()) {
      if (Peek() == '$' && text_.length - at_ >= length && memcmp(text_.data + at_, opening, static_cast<size_t>(length)) == 0) {
        Skip(length);
        return true;
      }
      at_++;
    }
    return true;
  }

  void Number() {
    const char base = Lower(Peek(1));
    if (Peek() == '0' && (base == 'x' || base == 'o' || base == 'b') && ContinuesWord(Peek(2))) {
      while (ContinuesWord(Peek())) at_++;
      return;
    }
    Digits();
    if (Peek() == '.' && Peek(1) != '.') {
      at_++;
      Digits();
    }
    const int sign = Peek(1) == '+' || Peek(1) == '-' ? 1 : 0;
    if (Lower(Peek()) == 'e' && IsDigit(Peek(1 + sign))) {
      Skip(1 + sign);
      Digits();
    }
  }

  void Digits() {
    while (IsDigit(Peek()) || (Peek() == '_' && IsDigit(Peek(1)))) at_++;
  }

 private:
  const SqlText& text_;
  int at_;
};

TokenKind ReadWordOrString(Reader* reader) {
  const char c = Lower(reader->Peek());
  if ((c == 'e' || c == 'b' || c == 'x') && reader->Peek(1) == '\'') {
    reader->Skip(1);
    reader->String(c == 'e');
    return TokenKind::kString;
  }
  // N'...' is nchar '...' to the server: the constant begins at the quote.
  if (c == 'n' && reader->Peek(1) == '\'') return reader->Skip(1), TokenKind::kWord;
  if (c == 'u' && reader->Peek(1) == '&' && (reader->Peek(2) == '\'' || reader->Peek(2) == '"')) {
    reader->Skip(2);
    if (reader->Peek() == '"') {
      reader->Quoted('"', false);
      return TokenKind::kWord;
    }
    reader->String(false);
    return TokenKind::kString;
  }
  while (!reader->AtEnd() && ContinuesWord(reader->Peek())) reader->Skip(1);
  return TokenKind::kWord;
}

TokenKind ReadDollar(Reader* reader) {
  if (IsDigit(reader->Peek(1))) {
    reader->Skip(1);
    while (IsDigit(reader->Peek())) reader->Skip(1);
    return TokenKind::kParameter;
  }
  if (reader->DollarString()) return TokenKind::kString;
  reader->Skip(1);
  return TokenKind::kOther;
}

TokenKind Read(Reader* reader, bool backslash_escapes) {
  const char c = reader->Peek();
  const char next = reader->Peek(1);
  if (IsSpace(c)) {
    while (!reader->AtEnd() && IsSpace(reader->Peek())) reader->Skip(1);
    return TokenKind::kSpace;
  }
  if (c == '-' && next == '-') return reader->LineComment(), TokenKind::kSpace;
  if (c == '/' && next == '*') return reader->BlockComment(), TokenKind::kSpace;
  if (c == '\'') return reader->String(backslash_escapes), TokenKind::kString;
  if (c == '"') return reader->Quoted('"', false), TokenKind::kWord;
  if (c == '$') return ReadDollar(reader);
  if (IsDigit(c) || (c == '.' && IsDigit(next))) return reader->Number(), TokenKind::kNumber;
  if (StartsWord(c)) return ReadWordOrString(reader);
  reader->Skip(c == '.' && next == '.' ? 2 : 1);
  return TokenKind::kOther;
}

// Whole or not at all when `whole`, else as much as fits.
void Append(TextOutput* out, const char* data, int length, bool whole) {
  const int room = out->capacity - out->length;
  if (length > room) {
    if (whole) {
      out->capacity = out->length;
      return;
    }
    length = room;
  }
  memcpy(out->data + out->length, data, static_cast<size_t>(length));
  out->length += length;
}

void AppendParameter(TextOutput* out, int number) {
  char buffer[16] = "$";
  const auto end = std::to_chars(buffer + 1, buffer + sizeof buffer, number).ptr;
  Append(out, buffer, static_cast<int>(end - buffer), true);
}

// What stands for the other members of a list, as in pg_stat_statements.
constexpr std::string_view kMore = " /*, ... */";

// A negative constant is located at its sign.
int EndOfConstant(const SqlText& text, int offset) {
  Token token = NextToken(text, offset);
  const auto is_sign = [&text](const Token& t) { return t.kind == TokenKind::kOther && (text.data[t.start] == '-' || text.data[t.start] == '+'); };
  if (is_sign(token))
    do token = NextToken(text, token.end);
    while (token.kind == TokenKind::kSpace || is_sign(token));
  return token.end;
}

int HighestParameter(const SqlText& text) {
  int highest = 0;
  for (int at = 0; at < text.length;) {
    const Token token = NextToken(text, at);
    int number = 0;
    if (token.kind == TokenKind::kParameter &&
        std::from_chars(text.data + token.start + 1, text.data + token.end, number).ec == std::errc())
      highest = std::max(highest, number);
    at = token.end;
  }
  return highest;
}

// Positions in ORDER BY and the like, lengths of types.
constexpr int kLongestStructural = 4;

// A look without tokens: is there a quote, a dollar, or a number that is too long?
bool MayHoldConstant(const SqlText& text, int from, int to) {
  int digits = 0;
  for (int i = from; i < to; i++) {
    const char c = text.data[i];
    if (c == '\'' || c == '$') return true;
    // Whatever may be within a number counts as a part of it.
    digits = IsDigit(c) || (digits > 0 && (c == '.' || c == '_' || ContinuesWord(c))) ? digits + 1 : 0;
    if (digits >= kLongestStructural) return true;  // a point before them makes them one longer
  }
  return false;
}

// Copies what is between two places. Where the parser keeps one of two equal expressions, as that of ORDER BY in the select
// list, the constants of the other one have no place; they become $n as well.
void CopyStructure(const SqlText& text, int from, int to, int* number, TextOutput* out) {
  if (!MayHoldConstant(text, from, to)) return Append(out, text.data + from, to - from, false);
  for (int at = from; at < to;) {
    const Token token = NextToken(text, at);
    const int end = std::min(token.end, to);
    const bool constant = token.kind == TokenKind::kString ||
                          (token.kind == TokenKind::kNumber && end - at > kLongestStructural);
    if (constant)
      AppendParameter(out, (*number)++);
    else
      Append(out, text.data + at, end - at, false);
    at = end;
  }
}

}  // namespace

Token NextToken(const SqlText& text, int at) {
  if (at >= text.length) return Token{TokenKind::kEnd, text.length, text.length};
  Reader reader(text, at);
  const TokenKind kind = Read(&reader, text.backslash_escapes);
  return Token{kind, at, reader.at()};
}

bool HasParameter(const SqlText& text) { return HighestParameter(text) > 0; }

void ReplaceConstants(const SqlText& text, const ConstantPlace* at, int count, int first, TextOutput* out) {
  int copied = 0;
  int number = first;
  int unlisted = first + count;
  for (int i = 0; i < count; i++) {
    const int offset = at[i].offset;
    if (offset < copied) continue;
    if (offset >= text.length) break;
    CopyStructure(text, copied, offset, &unlisted, out);
    AppendParameter(out, number++);
    if (at[i].list_length > 0) {
      Append(out, kMore.data(), static_cast<int>(kMore.size()), false);
      copied = offset + std::min(at[i].list_length, text.length - offset);
    } else {
      copied = EndOfConstant(text, offset);
    }
  }
  CopyStructure(text, copied, text.length, &unlisted, out);
}

void RedactConstants(const SqlText& text, TextOutput* out) {
  int number = HighestParameter(text) + 1;
  for (int at = 0; at < text.length;) {
    const Token token = NextToken(text, at);
    if (token.kind == TokenKind::kNumber || token.kind == TokenKind::kString)
      AppendParameter(out, number++);
    else
      Append(out, text.data + token.start, token.end - token.start, false);
    at = token.end;
  }
}

}  // namespace steward::core
