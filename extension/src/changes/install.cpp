// See install.hpp.
#include "changes/install.hpp"

namespace steward::changes {

void Install() {
  InstallExecutorHook();
  InstallUtilityHook();
  InstallObjectHook();
  InstallTransactionCallback();
}

}  // namespace steward::changes
