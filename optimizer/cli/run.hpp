// From words on the command line to an exit code: parse, connect, dispatch, and say what went wrong.
#pragma once

#include <string>
#include <vector>

namespace steward::cli {

/// `words` without the program's name. Never throws.
int Run(const std::vector<std::string>& words) noexcept;

}  // namespace steward::cli
