// Makes foreign text safe to print (E7): names, query texts and messages may hold escape sequences, line breaks,
// direction marks or bytes that are no UTF-8. Also the widths and units that all text reports share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace steward::report {

/// The text with each control character, direction mark and invalid byte replaced by a visible escape such as \x1b.
/// The result is valid UTF-8 on one line.
std::string Printable(std::string_view text);

/// As above, but line breaks and tabs stay: for messages of several lines.
std::string PrintableLines(std::string_view text);

/// Printable text with white space collapsed, cut to `columns` code points with "..." at the end.
std::string Excerpt(std::string_view text, std::size_t columns);

/// Number of code points of valid UTF-8.
std::size_t Width(std::string_view text);

/// `text` padded with spaces to `columns`; longer text stays whole.
std::string PadRight(std::string_view text, std::size_t columns);
std::string PadLeft(std::string_view text, std::size_t columns);

/// Lines of at most 110 columns, broken at spaces outside quotes only, so that statements can be pasted; `indent` spaces
/// lead every line but the first, which starts at that column.
std::string Wrap(const std::string& text, std::size_t indent);

/// 97.2 -> "97.2", 41200 -> "41,200": thousands separated, `digits` decimals.
std::string Grouped(double value, int digits = 0);

/// Bytes in steps of 1024 with three digits at most: "96 MB", "1.31 GB", "8192 bytes".
std::string Size(std::int64_t bytes);

/// Milliseconds as "24.1 ms", "3.2 s", "14 min", "9.8 h".
std::string Duration(double milliseconds);

/// Counts as "412", "38.1 k", "38.1 M".
std::string Count(double value);

}  // namespace steward::report
