// Makes room for DDL on databases: DROP, RENAME, SET TABLESPACE and CREATE ... TEMPLATE fail while anybody is
// connected, so our worker leaves first and none is sent until the command is done (RELIABILITY W4).
#pragma once

namespace steward::worker {

/// Installs the utility hook. Call once, from Install.
void InstallDatabaseHook();

}  // namespace steward::worker
