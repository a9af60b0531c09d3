// See terminal_text.hpp.
#include "report/terminal_text.hpp"

#include <fmt/format.h>

#include <cmath>

namespace steward::report {

namespace {

// Length of the valid UTF-8 sequence at the start of `text`, 0 when there is none; the code point goes to `point`.
std::size_t DecodeUtf8(std::string_view text, std::uint32_t& point) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t first = byte(0);
  if (first < 0x80) {
    point = first;
    return 1;
  }
  const std::size_t length = first >= 0xF0 && first < 0xF5   ? 4
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xC2 && first < 0xE0 ? 2
                                                             : 0;
  if (length == 0 || text.size() < length) return 0;
  point = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
    point = (point << 6U) | (byte(i) & 0x3FU);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kSmallest[length] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return 0;
  return length;
}

// Control characters of all kinds, and the marks that reorder or hide what is printed.
bool Unsafe(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x00AD || point == 0x061C || point == 0x180E ||
         (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
         (point >= 0x2060 && point <= 0x2069) || point == 0xFEFF || (point >= 0xFFF9 && point <= 0xFFFB) ||
         (point >= 0xE0000 && point <= 0xE007F);
}

void AppendPrintable(std::string& out, std::string_view& rest) {
  std::uint32_t point = 0;
  const std::size_t length = DecodeUtf8(rest, point);
  if (length == 0) {
    out += fmt::format("\\x{:02x}", static_cast<unsigned char>(rest[0]));
    rest.remove_prefix(1);
    return;
  }
  if (!Unsafe(point))
    out += rest.substr(0, length);
  else if (point == '\n')
    out += "\\n";
  else if (point == '\t')
    out += "\\t";
  else
    out += point < 0x100 ? fmt::format("\\x{:02x}", point) : fmt::format("\\u{:04x}", point);
  rest.remove_prefix(length);
}

std::string Scaled(double value, double step, const char* const units[], std::size_t count) {
  std::size_t unit = 0;
  while (unit + 1 < count && std::fabs(value) >= step * 0.9995) {
    value /= step;
    ++unit;
  }
  const int digits = unit == 0 || std::fabs(value) >= 99.95 ? 0 : std::fabs(value) >= 9.995 ? 1 : 2;
  std::string text = fmt::format("{:.{}f}", value, digits);
  if (digits > 0) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return units[unit][0] == '\0' ? text : text + " " + units[unit];
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string out;
  while (!text.empty()) AppendPrintable(out, text);
  return out;
}

std::string PrintableLines(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t end = text.find_first_of("\n\t");
    out += Printable(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += text[end];
    text.remove_prefix(end + 1);
  }
}

std::string Excerpt(std::string_view text, std::size_t columns) {
  std::string flat;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
    if (!space)
      flat += c;
    else if (!flat.empty() && flat.back() != ' ')
      flat += ' ';
  }
  while (!flat.empty() && flat.back() == ' ') flat.pop_back();
  std::string out;
  std::string_view rest = flat;
  std::size_t width = 0;
  std::size_t cut = 0;  // where "..." would still fit
  while (!rest.empty()) {
    std::string next;
    AppendPrintable(next, rest);
    width += Width(next);
    if (width > columns) return out.substr(0, cut) + "...";
    out += next;
    if (width + 3 <= columns) cut = out.size();
  }
  return out;
}

std::size_t Width(std::string_view text) {
  std::size_t points = 0;
  for (const char c : text) points += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return points;
}

std::string PadRight(std::string_view text, std::size_t columns) {
  const std::size_t width = Width(text);
  return std::string(text) + std::string(width < columns ? columns - width : 0, ' ');
}

std::string PadLeft(std::string_view text, std::size_t columns) {
  const std::size_t width = Width(text);
  return std::string(width < columns ? columns - width : 0, ' ') + std::string(text);
}

std::string Grouped(double value, int digits) {
  std::string text = fmt::format("{:.{}f}", value, digits);
  const std::size_t start = text.starts_with('-') ? 1 : 0;
  std::size_t at = text.find('.') == std::string::npos ? text.size() : text.find('.');
  while (at > start + 3) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string Size(std::int64_t bytes) {
  static const char* const kUnits[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
  return Scaled(static_cast<double>(bytes), 1024, kUnits, 6);
}

std::string Count(double value) {
  static const char* const kUnits[] = {"", "k", "M", "G"};
  return Scaled(value, 1000, kUnits, 4);
}

std::string Duration(double milliseconds) {
  if (milliseconds < 1) return fmt::format("{:.2f} ms", milliseconds);
  if (milliseconds < 100) return fmt::format("{:.1f} ms", milliseconds);
  if (milliseconds < 1000) return fmt::format("{:.0f} ms", milliseconds);
  const double seconds = milliseconds / 1000;
  if (seconds < 100) return fmt::format("{:.1f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string Wrap(const std::string& text, std::size_t indent) {
  constexpr std::size_t kLineWidth = 110;
  std::string out;
  std::size_t column = indent;
  std::size_t start = 0;
  char quote = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size()) {
      const char c = text[i];
      if (quote == 0 ? c == '"' || c == '\'' : c == quote) quote = quote == 0 ? c : '\0';
      if (c != ' ' || quote != 0) continue;
    }
    const std::string word = text.substr(start, i - start);
    start = i + 1;
    const std::size_t width = Width(word);
    if (!out.empty() && column + 1 + width > kLineWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!out.empty()) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width;
  }
  return out;
}

}  // namespace steward::report
