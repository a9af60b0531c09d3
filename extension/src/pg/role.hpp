// Acting as another role for a while, with a pinned search_path. Owns the switch and its undoing; an error undoes it
// too, because the end of a (sub)transaction restores user and settings. Who may be acted for is decided by the
// callers.
#pragma once

#include "pg/postgres.hpp"

namespace steward::pg {

/// What to go back to. Plain data.
struct RoleSwitch {
  Oid user;
  int context;
  int guc_level;
};

/// Acts as `role` until EndRole, with search_path = pg_catalog, pg_temp (named last, the temporary schema is not
/// searched first). Only SECURITY_LOCAL_USERID_CHANGE, not SECURITY_RESTRICTED_OPERATION: under the latter REFRESH ...
/// CONCURRENTLY cannot make its temporary table; core adds it around the view's own query (RELIABILITY W10).
[[nodiscard]] RoleSwitch BecomeRole(Oid role);

/// The same, unable to change role or to leave anything behind in the session (SECURITY_RESTRICTED_OPERATION), with row
/// security on and messages below ERROR silenced for the client.
[[nodiscard]] RoleSwitch BecomeRestricted(Oid role);

/// Changes a setting until EndRole, with a superuser's right to. An invalid value is ignored.
void SetForRole(const char* name, const char* value);

/// Back to the role and settings from before.
void EndRole(const RoleSwitch& before);

}  // namespace steward::pg
