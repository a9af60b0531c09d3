// The processes: the launcher, the workers it sends to databases with work due, and what makes room for DDL on
// databases. This header is all that the rest of the extension needs.
#pragma once

namespace steward::worker {

/// Registers the launcher and installs the hooks. Call from _PG_init while shared_preload_libraries are being loaded.
void Install();

}  // namespace steward::worker
