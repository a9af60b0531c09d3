// See install.hpp.
#include "changes/install.hpp"

namespace steward::changes {

void Install() {
  InstallExecutorHook();
  InstallUtilityHook();
  InstallObjectHook();
}

}  // namespace steward::changes
