// Makes a text of pg_stat_statements one that can be planned again. Constants are parameters in it, also where the grammar
// has room for a constant only (`date $1`), and numbers among them have lost their type. Looks at tokens alone: comments,
// strings and quoted names stay what they are. Pure.
#pragma once

#include <string>

namespace steward::collect {

/// A text that may mend what the server refused `text` for, with this SQLSTATE and message; `text` itself where there is none.
/// Ends after a few turns of asking again, for what is mended once is not mended again.
[[nodiscard]] std::string MendedText(const std::string& text, const std::string& sqlstate, const std::string& message);

/// As casts and calls what the grammar has for constants only: "date $1", "interval(3) $1", "interval $1 day",
/// "extract($1 from x)".
[[nodiscard]] std::string WithCasts(const std::string& text);

/// With integers where a parameter without a type stands in arithmetic, is the result of a CASE, an element of an ARRAY or an
/// argument of sum, avg or generate_series: there only a number parses.
[[nodiscard]] std::string WithNumbers(const std::string& text);

/// With text as the type of this parameter, and of the others that are arguments of functions of the same name.
[[nodiscard]] std::string WithText(const std::string& text, int parameter);

/// With the same constants in expressions of GROUP BY, ORDER BY and DISTINCT ON and in those equal to them but for constants:
/// of two equal expressions only one has parameters, or both have different ones. Renumbers parameters.
[[nodiscard]] std::string WithEqualExpressions(const std::string& text);

}  // namespace steward::collect
