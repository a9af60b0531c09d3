// The version of the program, as --version prints it and saved runs keep it.
#pragma once

namespace steward::cli {

inline constexpr const char* kToolVersion = "0.1.0";

}  // namespace steward::cli
