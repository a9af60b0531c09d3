// See blackout.hpp.
#include "core/blackout.hpp"

#include <cctype>

namespace steward::core {

namespace {

constexpr std::string_view kDays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr int kDay24 = 24 * 60;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

// Up to `separator`, which is taken off `rest`, too.
std::string_view Cut(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return Trim(part);
}

int DayOf(std::string_view text) {
  std::string lower;
  for (const char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (int day = 0; day < 7; day++)
    if (lower == kDays[day]) return day;
  return -1;
}

// Minutes of the day, -1: not a time.
int TimeOf(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9' ? text[at] - '0' : -10000; };
  if (text.size() != 5 || text[2] != ':') return -1;
  const int hour = digit(0) * 10 + digit(1);
  const int minute = digit(3) * 10 + digit(4);
  if (hour < 0 || minute < 0 || minute > 59 || hour * 60 + minute > kDay24) return -1;
  return hour * 60 + minute;
}

bool ReadDays(std::string_view text, std::bitset<7>* days) {
  if (text.empty()) return days->set().any();
  while (!text.empty()) {
    std::string_view item = Cut(text, ',');
    const int first = DayOf(Cut(item, '-'));
    const int last = item.empty() ? first : DayOf(Trim(item));
    if (first < 0 || last < 0) return false;
    for (int day = first;; day = (day + 1) % 7) {
      days->set(static_cast<std::size_t>(day));
      if (day == last) break;
    }
  }
  return true;
}

std::string ReadWindow(std::string_view text, BlackoutWindow* window) {
  const std::size_t digit = text.find_first_of("0123456789");
  if (digit == std::string_view::npos) return "\"" + std::string(text) + "\" has no times";
  if (!ReadDays(Trim(text.substr(0, digit)), &window->weekdays))
    return "\"" + std::string(Trim(text.substr(0, digit))) + "\" is no list of days";
  std::string_view times = text.substr(digit);
  window->from = TimeOf(Cut(times, '-'));
  const int to = TimeOf(Trim(times));
  if (window->from < 0 || window->from == kDay24 || to < 0)
    return "\"" + std::string(text.substr(digit)) + "\" is not a pair of times";
  window->to = to % kDay24;
  return {};
}

}  // namespace

BlackoutParse ParseBlackout(std::string_view text) {
  BlackoutParse parse;
  while (!text.empty() && parse.error.empty()) {
    const std::string_view item = Cut(text, ';');
    if (item.empty()) continue;
    parse.error = ReadWindow(item, &parse.windows.emplace_back());
  }
  return parse;
}

}  // namespace steward::core
