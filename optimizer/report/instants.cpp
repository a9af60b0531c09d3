// See instants.hpp.
#include "report/instants.hpp"

#include <fmt/format.h>

#include <cmath>
#include <ctime>

namespace steward::report {

namespace {

std::tm Utc(double epoch_seconds) {
  const auto seconds = static_cast<std::time_t>(std::floor(epoch_seconds));
  std::tm parts = {};
  gmtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

std::string ShortInstant(double epoch_seconds) {
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::tm at = Utc(epoch_seconds);
  return fmt::format("{} {:02d} {:02d}:{:02d}", kMonths[at.tm_mon], at.tm_mday, at.tm_hour, at.tm_min);
}

std::string LongInstant(double epoch_seconds) {
  const std::tm at = Utc(epoch_seconds);
  return fmt::format("{:04d}-{:02d}-{:02d} {:02d}:{:02d} UTC", at.tm_year + 1900, at.tm_mon + 1, at.tm_mday, at.tm_hour,
                     at.tm_min);
}

std::string IsoInstant(double epoch_seconds) {
  const std::tm at = Utc(epoch_seconds);
  return fmt::format("{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}Z", at.tm_year + 1900, at.tm_mon + 1, at.tm_mday,
                     at.tm_hour, at.tm_min, at.tm_sec);
}

std::string Span(double seconds) {
  const auto whole = static_cast<long long>(std::llround(std::fmax(seconds, 0)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min", whole / 60);
  if (whole < 86400) return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
  return fmt::format("{} d {} h", whole / 86400, whole / 3600 % 24);
}

}  // namespace steward::report
