// See hooks.hpp.
#include "capture/hooks.hpp"

#include "pg/postgres.hpp"

extern "C" {
#include "access/parallel.h"
}

#include "capture/frames.hpp"
#include "capture/tracking.hpp"
#include "pg/compat.hpp"

namespace steward::capture {

bool TrackedWithin(int level) {
  nesting.unsure = IsParallelWorker();
  if (nesting.unsure) return false;
  const auto track = static_cast<Track>(settings.track);
  return (level == 0 ? track != Track::kNone : track == Track::kAll) && nesting.own == 0;
}

void InstallHooks() {
  EnableQueryId();
  InstallFrameCallbacks();
  InstallAnalysisHooks();
  InstallExecutorHooks();
  InstallUtilityHook();
}

}  // namespace steward::capture
