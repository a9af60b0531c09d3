// A lexer for PostgreSQL's SQL that finds constants and never fails: it takes any bytes, cut anywhere, and an unfinished
// token ends where the text ends. Owns token boundaries and the replacing of constants by $n; knows no grammar.
#pragma once

namespace steward::core {

enum class TokenKind { kEnd, kSpace, kWord, kNumber, kString, kParameter, kOther };

struct Token {
  TokenKind kind;
  int start;
  int end;
};

/// Text to read. The encoding's multibyte characters must not contain ASCII bytes, as holds for every server encoding.
struct SqlText {
  const char* data;
  int length;
  bool backslash_escapes;  // in plain '...' too: standard_conforming_strings is off
};

/// The token at offset `at`; a comment is space, a quoted identifier a word.
[[nodiscard]] Token NextToken(const SqlText& text, int at);

/// True when there is a $n.
[[nodiscard]] bool HasParameter(const SqlText& text);

/// A bounded place to write to. What does not fit is left out, never in the middle of a $n.
struct TextOutput {
  char* data;
  int capacity;
  int length;
};

/// Where a text has a constant, or a list of constants that is shown as its first one.
struct ConstantPlace {
  int offset;
  int list_length;  // in bytes; 0: a single constant, which ends with its token
};

/// Copies `text`, replacing what is at each of the places `at[count]`, ascending by offset, by $n, counting n from `first`: a
/// token with the sign before it, or a list, which becomes "$n /*, ... */". A place that begins before the end of the one
/// before it is skipped, and so are those beyond the text. Strings elsewhere, and numbers too long to be a position or a
/// type's length, are constants that have no place, and become $n as well, n counting from `first` + `count`.
void ReplaceConstants(const SqlText& text, const ConstantPlace* at, int count, int first, TextOutput* out);

/// Copies `text`, replacing every number and string by $n, n counting from beyond the highest $n in the text.
void RedactConstants(const SqlText& text, TextOutput* out);

}  // namespace steward::core
