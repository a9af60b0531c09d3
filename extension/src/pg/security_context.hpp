// Acting as another role in a security-restricted context, and putting everything back. Owns the switch; who may be
// acted for is decided by the callers.
#pragma once

#include "pg/postgres.hpp"

namespace steward::pg {

/// What to go back to. Plain data.
struct SecuritySwitch {
  Oid user;
  int context;
  int guc_level;
};

/// Becomes `role`, unable to change role or to leave anything behind in the session (SECURITY_RESTRICTED_OPERATION and
/// SECURITY_LOCAL_USERID_CHANGE), with search_path pg_catalog, row security on and messages below ERROR silenced for
/// the client. Must run inside a (sub)transaction of the caller's own: an ERROR in between is undone by its abort.
[[nodiscard]] SecuritySwitch BecomeRestricted(Oid role);

/// Puts user, context and settings back.
void EndRestricted(const SecuritySwitch& before);

/// Sets a setting until EndRestricted. An invalid value is ignored.
void SetForSwitch(const char* name, const char* value);

}  // namespace steward::pg
