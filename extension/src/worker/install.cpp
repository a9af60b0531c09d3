// See install.hpp.
#include "worker/install.hpp"

#include "worker/database_ddl.hpp"
#include "worker/launcher.hpp"

namespace steward::worker {

void Install() {
  InstallDatabaseHook();
  RegisterLauncher();
}

}  // namespace steward::worker
