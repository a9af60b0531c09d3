// Capture's hooks into parse analysis, planner, executor and utility execution. One file each: analysis_hooks.cpp,
// executor_hooks.cpp, utility_hook.cpp. Hot hooks: plain locals, no allocation.
#pragma once

namespace steward::capture {

/// Chains all hooks and asks the server for query ids. Call once from _PG_init during preload.
void InstallHooks();

/// Its parts.
void InstallAnalysisHooks();
void InstallExecutorHooks();
void InstallUtilityHook();

}  // namespace steward::capture
