// See setting_watch.hpp.
#include "pg/setting_watch.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "utils/guc_tables.h"
}

namespace steward::pg {

namespace {

void (*tell)() = nullptr;
GucStringAssignHook previous_name = nullptr;
GucStringAssignHook previous_user = nullptr;

void AssignName(const char* value, void* extra) {
  tell();
  if (previous_name != nullptr) previous_name(value, extra);
}

void AssignUser(const char* value, void* extra) {
  tell();
  if (previous_user != nullptr) previous_user(value, extra);
}

GucStringAssignHook Chain(const char* name, GucStringAssignHook hook) {
  auto* setting = reinterpret_cast<config_string*>(FindSetting(name));
  if (setting == nullptr || setting->gen.vartype != PGC_STRING)
    elog(ERROR, "setting \"%s\" is not what it was", name);
  const GucStringAssignHook previous = setting->assign_hook;
  setting->assign_hook = hook;
  return previous;
}

}  // namespace

void WatchSessionIdentity(void (*changed)()) {
  tell = changed;
  previous_name = Chain("application_name", AssignName);
  previous_user = Chain("session_authorization", AssignUser);
}

}  // namespace steward::pg
