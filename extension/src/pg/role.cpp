// See role.hpp.
#include "pg/role.hpp"

namespace steward::pg {

RoleSwitch BecomeRole(Oid role) {
  RoleSwitch before;
  GetUserIdAndSecContext(&before.user, &before.context);
  before.guc_level = NewGUCNestLevel();
  SetUserIdAndSecContext(role, before.context | SECURITY_LOCAL_USERID_CHANGE);
  SetForRole("search_path", "pg_catalog, pg_temp");
  return before;
}

void SetForRole(const char* name, const char* value) {
  set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

void EndRole(const RoleSwitch& before) {
  AtEOXact_GUC(false, before.guc_level);
  SetUserIdAndSecContext(before.user, before.context);
}

}  // namespace steward::pg
