// See sql_literal.hpp.
#include "report/sql_literal.hpp"

namespace steward::report {

std::string Literal(const std::string& text) {
  std::string literal = text.find('\\') == std::string::npos ? "'" : "E'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') literal += c;
    literal += c;
  }
  return literal + "'";
}

}  // namespace steward::report
