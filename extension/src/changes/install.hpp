// Hooks through which changes are noticed.
#pragma once

namespace steward::changes {

/// Installs them. Call from _PG_init during preload.
void Install();

/// DML.
void InstallExecutorHook();
/// COPY, REFRESH, COMMIT PREPARED.
void InstallUtilityHook();
/// TRUNCATE, DDL.
void InstallObjectHook();

}  // namespace steward::changes
