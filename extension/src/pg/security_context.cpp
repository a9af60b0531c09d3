// See security_context.hpp.
#include "pg/security_context.hpp"

namespace steward::pg {

SecuritySwitch BecomeRestricted(Oid role) {
  SecuritySwitch before{};
  GetUserIdAndSecContext(&before.user, &before.context);
  before.guc_level = NewGUCNestLevel();
  SetUserIdAndSecContext(role, before.context | SECURITY_RESTRICTED_OPERATION | SECURITY_LOCAL_USERID_CHANGE);
  // Named last, the temporary schema is not searched first.
  SetForSwitch("search_path", "pg_catalog, pg_temp");
  SetForSwitch("row_security", "on");
  SetForSwitch("client_min_messages", "error");
  return before;
}

void EndRestricted(const SecuritySwitch& before) {
  AtEOXact_GUC(false, before.guc_level);
  SetUserIdAndSecContext(before.user, before.context);
}

void SetForSwitch(const char* name, const char* value) {
  set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, DEBUG1, false);
}

}  // namespace steward::pg
