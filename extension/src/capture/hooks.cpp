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

namespace {

bool TrackedAt(int level) {
  nesting.unsure = IsParallelWorker();
  if (nesting.unsure) return false;
  const auto track = static_cast<Track>(settings.track);
  return (level == 0 ? track != Track::kNone : track == Track::kAll) && nesting.own == 0;
}

}  // namespace

bool TrackedWithin() { return TrackedAt(nesting.exec); }

bool PlanningTrackedWithin() { return TrackedAt(nesting.plan + nesting.exec); }

void InstallHooks() {
  EnableQueryId();
  InstallFrameCallbacks();
  InstallAnalysisHooks();
  InstallExecutorHooks();
  InstallUtilityHook();
}

}  // namespace steward::capture
