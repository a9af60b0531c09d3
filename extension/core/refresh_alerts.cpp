// See refresh_alerts.hpp.
#include "core/refresh_alerts.hpp"

#include <algorithm>
#include <cmath>

namespace steward::core {

namespace {

constexpr int kFailuresToTell = 3;
constexpr int kDriftsToTell = 2;
constexpr double kNoticeable = kSecond / 10;

bool Differs(double duration, const Learned& known) {
  return HasDrifted(duration, known) && std::abs(duration - known.mean) >= kNoticeable;
}

bool Raise(Micros now, Micros* since) {
  if (*since != kNever) return false;
  *since = now;
  return true;
}

}  // namespace

bool NoteFailure(int consecutive, Micros now, RefreshAlerts* alerts) {
  return consecutive >= kFailuresToTell && Raise(now, &alerts->failing_since);
}

bool NoteLate(Micros now, RefreshAlerts* alerts) {
  return Raise(now, &alerts->late_since);
}

bool NoteDuration(const Took& took, const Learned& known, Micros now, RefreshAlerts* alerts) {
  if (!Differs(took.duration, known) || !Differs(took.duration - std::max(took.lock_wait, 0.0), known)) {
    alerts->drifts = 0;
    alerts->drifted_since = kNever;
    return false;
  }
  alerts->drifts++;
  return alerts->drifts >= kDriftsToTell && Raise(now, &alerts->drifted_since);
}

void NoteSuccess(bool in_time, RefreshAlerts* alerts) {
  alerts->failing_since = kNever;
  if (in_time) alerts->late_since = kNever;
}

}  // namespace steward::core
