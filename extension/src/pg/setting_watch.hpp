// Tells when a session's application_name or session user changes, by whatever way: SET, set_config(), a function's SET
// clause, a rollback, a reload. Owns the two settings' assign hooks, chained as Citus chains them; what a change means is
// the caller's business.
#pragma once

#include "pg/postgres.hpp"

namespace steward::pg {

/// `changed` is called right before each change. It must not raise. Call once from _PG_init during preload.
void WatchSessionIdentity(void (*changed)());

}  // namespace steward::pg
