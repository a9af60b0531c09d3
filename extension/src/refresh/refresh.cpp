// See refresh.hpp.
#include "refresh/refresh.hpp"

#include "refresh/database_ddl.hpp"
#include "refresh/launcher.hpp"
#include "refresh/posts.hpp"

namespace steward::refresh {

void Install() {
  InstallPosts();
  InstallDatabaseHook();
  RegisterLauncher();
}

}  // namespace steward::refresh
