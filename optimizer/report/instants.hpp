// Instants and spans for text reports, always in UTC so that reports of two machines compare.
#pragma once

#include <string>

namespace steward::report {

/// "Nov 16 14:50"
std::string ShortInstant(double epoch_seconds);
/// "2026-11-23 14:52 UTC"
std::string LongInstant(double epoch_seconds);
/// "2026-11-23T14:52:07Z"
std::string IsoInstant(double epoch_seconds);
/// "7 d 0 h", "3 h 20 min", "12 min", "40 s"
std::string Span(double seconds);

}  // namespace steward::report
