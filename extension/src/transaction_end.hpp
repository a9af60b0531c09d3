// What capture and changes do when a transaction ends.
#pragma once

namespace steward {

/// Call once from _PG_init.
void InstallTransactionCallback();

}  // namespace steward
