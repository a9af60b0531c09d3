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
/// Publication, and rows written without any of these. For every transaction: what a worker of logical replication writes
/// comes without a hook that could register it.
void InstallTransactionCallback();

}  // namespace steward::changes
