// See role.hpp.
#include "pg/role.hpp"

namespace steward::pg {

namespace {

RoleSwitch Become(Oid role, int context) {
  RoleSwitch before{};
  GetUserIdAndSecContext(&before.user, &before.context);
  before.guc_level = NewGUCNestLevel();
  SetUserIdAndSecContext(role, before.context | context);
  SetForRole("search_path", "pg_catalog, pg_temp");
  return before;
}

}  // namespace

RoleSwitch BecomeRole(Oid role) {
  return Become(role, SECURITY_LOCAL_USERID_CHANGE);
}

RoleSwitch BecomeRestricted(Oid role) {
  const RoleSwitch before = Become(role, SECURITY_RESTRICTED_OPERATION | SECURITY_LOCAL_USERID_CHANGE);
  SetForRole("row_security", "on");
  SetForRole("client_min_messages", "error");
  return before;
}

void SetForRole(const char* name, const char* value) {
  set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, DEBUG1, false);
}

void EndRole(const RoleSwitch& before) {
  AtEOXact_GUC(false, before.guc_level);
  SetUserIdAndSecContext(before.user, before.context);
}

}  // namespace steward::pg
