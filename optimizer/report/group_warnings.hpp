// Many warnings of one kind as one: hundreds of statements can fail for the same reason.
#pragma once

#include <string>
#include <vector>

namespace steward::report {

/// Warnings that differ in their numbers only become the first of them with "(N like this)" behind it, N counting all.
/// Order is that of the first ones.
std::vector<std::string> GroupWarnings(const std::vector<std::string>& warnings);

}  // namespace steward::report
