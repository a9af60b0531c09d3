// String constants of the SQL that reports hold.
#pragma once

#include <string>

namespace steward::report {

/// Means the same whatever standard_conforming_strings says. psql reads a backslash outside quotes, and a colon before a
/// name, as its own: inside quotes neither.
std::string Literal(const std::string& text);

}  // namespace steward::report
