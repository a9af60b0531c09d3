// Capture's hooks into parse analysis, planner, executor and utility execution.
#pragma once

namespace steward::capture {

/// Chains all hooks and asks the server for query ids. Call once from _PG_init during preload.
void InstallHooks();

}  // namespace steward::capture
