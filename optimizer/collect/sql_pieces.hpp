// An SQL text as a list of tokens that can be looked at and changed one by one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/sql_lexer.hpp"

namespace steward::collect {

struct SqlPiece {
  core::TokenKind kind;
  std::string space;  // in front of it, comments included
  std::string text;
  std::string word;  // of an unquoted word, in small letters; else empty
};

class SqlPieces {
 public:
  explicit SqlPieces(std::string_view text);

  [[nodiscard]] std::size_t size() const { return pieces_.size(); }
  /// Beyond either end: an empty piece.
  [[nodiscard]] const SqlPiece& At(std::size_t i) const;
  [[nodiscard]] bool Is(std::size_t i, std::string_view text) const { return At(i).text == text; }
  [[nodiscard]] bool IsWord(std::size_t i, std::string_view word) const { return At(i).word == word && !word.empty(); }
  [[nodiscard]] bool IsParameter(std::size_t i) const { return At(i).kind == core::TokenKind::kParameter; }
  /// Number, string or parameter.
  [[nodiscard]] bool IsConstant(std::size_t i) const;
  /// Behind the bracket that closes the one at `i`; the size where none does.
  [[nodiscard]] std::size_t PastBracket(std::size_t i) const;

  /// The pieces as they stand in the text.
  [[nodiscard]] std::string Text(std::size_t begin, std::size_t end) const;

  /// Writes `text` in the place of the pieces, which keep what they say of themselves.
  void Replace(std::size_t begin, std::size_t end, std::string text);
  [[nodiscard]] std::string Join() const;

 private:
  std::vector<SqlPiece> pieces_;
  std::string rest_;  // space at the end
};

}  // namespace steward::collect
