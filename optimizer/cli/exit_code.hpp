// The exit codes users script against.
#pragma once

namespace steward::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;    // wrong usage, no connection, or a connection that will not do
inline constexpr int kExitFinding = 3;  // a check found something

}  // namespace steward::cli
