// The static worker. Owns the loop that runs each second on every server, standbys included: draining captured
// statistics, and where writing is possible sending workers to databases with work due.
#pragma once

namespace steward::worker {

/// Registers the static worker with the postmaster. Call from _PG_init during preload.
void RegisterLauncher();

}  // namespace steward::worker
