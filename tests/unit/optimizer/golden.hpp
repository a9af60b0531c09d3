// Compares what is printed with a file of tests/unit/optimizer/golden. With STEWARD_UPDATE_GOLDEN=1 in the environment
// the files are written instead: then read the difference in git.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace steward::test {

inline void ExpectGolden(const std::string& name, const std::string& actual) {
  const std::string path = std::string(STEWARD_SOURCE_DIR) + "/tests/unit/optimizer/golden/" + name;
  if (std::getenv("STEWARD_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  std::ostringstream expected;
  expected << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_EQ(actual, expected.str()) << "golden file " << path;
}

}  // namespace steward::test
