// See sql_pieces.hpp.
#include "collect/sql_pieces.hpp"

#include <cctype>
#include <utility>

namespace steward::collect {

SqlPieces::SqlPieces(std::string_view text) {
  const core::SqlText sql{text.data(), static_cast<int>(text.size()), false};
  for (int at = 0; at < sql.length;) {
    const core::Token token = core::NextToken(sql, at);
    const std::string_view part = text.substr(static_cast<std::size_t>(token.start), static_cast<std::size_t>(token.end - token.start));
    at = token.end;
    if (token.kind == core::TokenKind::kSpace) {
      rest_ += part;
      continue;
    }
    SqlPiece& piece = pieces_.emplace_back(SqlPiece{token.kind, std::move(rest_), std::string(part), ""});
    rest_.clear();
    if (token.kind == core::TokenKind::kWord && part.find('"') == std::string_view::npos)
      for (const char c : part) piece.word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
}

const SqlPiece& SqlPieces::At(std::size_t i) const {
  static const SqlPiece kNone{core::TokenKind::kEnd, "", "", ""};
  return i < pieces_.size() ? pieces_[i] : kNone;
}

bool SqlPieces::IsConstant(std::size_t i) const {
  const core::TokenKind kind = At(i).kind;
  return kind == core::TokenKind::kParameter || kind == core::TokenKind::kNumber || kind == core::TokenKind::kString;
}

std::size_t SqlPieces::PastBracket(std::size_t i) const {
  int depth = 0;
  for (; i < size(); ++i) {
    if (Is(i, "(") || Is(i, "[")) ++depth;
    if ((Is(i, ")") || Is(i, "]")) && --depth <= 0) return i + 1;
  }
  return size();
}

std::string SqlPieces::Text(std::size_t begin, std::size_t end) const {
  std::string text;
  for (std::size_t i = begin; i < end; ++i) text += (i == begin ? "" : At(i).space) + At(i).text;
  return text;
}

void SqlPieces::Replace(std::size_t begin, std::size_t end, std::string text) {
  for (std::size_t i = begin + 1; i < end; ++i) pieces_[i].space.clear(), pieces_[i].text.clear();
  pieces_[begin].text = std::move(text);
}

std::string SqlPieces::Join() const {
  std::string text;
  for (const SqlPiece& piece : pieces_) text += piece.space + piece.text;
  return text + rest_;
}

}  // namespace steward::collect
