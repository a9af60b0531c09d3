// See install.hpp.
#include "worker/install.hpp"

#include "store/posts.hpp"
#include "worker/database_ddl.hpp"
#include "worker/launcher.hpp"

namespace steward::worker {

void Install() {
  store::InstallPosts();
  InstallDatabaseHook();
  RegisterLauncher();
}

}  // namespace steward::worker
