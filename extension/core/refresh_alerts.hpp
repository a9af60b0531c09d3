// When somebody should hear of a view: it keeps failing, it will be or is staler than promised, its refreshes have come to cost
// something else. Pure. Each is raised once and stands until it is over.
#pragma once

#include "core/refresh_cost.hpp"

namespace steward::core {

/// What stands of one view.
struct RefreshAlerts {
  Micros failing_since = kNever;  // kNever: not raised
  Micros late_since = kNever;
  Micros drifted_since = kNever;
  int drifts = 0;  // refreshes in a row that took another time than known
};

/// The functions return whether an alert is to be raised now.

/// A refresh failed, the `consecutive`th in a row: failing from the third on.
[[nodiscard]] bool NoteFailure(int consecutive, Micros now, RefreshAlerts* alerts);

/// The view is predicted to lack a change for longer than promised, or does already.
[[nodiscard]] bool NoteLate(Micros now, RefreshAlerts* alerts);

/// How long a refresh took, in microseconds.
struct Took {
  double duration;
  double lock_wait;  // of that
};

/// A refresh took so long, where `known` was known before. Drifted is the second in a row that HasDrifted and differs by a tenth
/// of a second, also without its wait for a lock; over with the first that is as known.
[[nodiscard]] bool NoteDuration(const Took& took, const Learned& known, Micros now, RefreshAlerts* alerts);

/// A refresh succeeded. What was late is late until one is in time, and the next is expected to be.
void NoteSuccess(bool in_time, RefreshAlerts* alerts);

}  // namespace steward::core
