// What the command line is refused for.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.hpp"

namespace steward::test {

/// The message for these words; empty where they are taken.
inline std::string Refusal(const std::vector<std::string>& words) {
  try {
    cli::ParseArguments(words);
  } catch (const cli::UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace steward::test
