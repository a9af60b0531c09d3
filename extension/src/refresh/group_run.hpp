// One run of a group of scheduled views by the worker, most often of one view, with everything around it: the marks, the
// views' locks, the refreshes, history and what is next. Leaves picking groups to visit.cpp and a single refresh to
// execute.hpp.
#pragma once

#include "pg/postgres.hpp"
#include "refresh/freshness.hpp"

namespace steward::refresh {

struct Group {
  const int* members;  // views by number, in order
  int count;
  core::Micros deadline;  // kNever: none
  TimestampTz looked_at;  // when the worker began to look what is due
};

/// Refreshes the members, several from one snapshot. A failing refresh is recorded, not returned: the error returned
/// (nullptr: none) means that its outcome could not be written. Uses transactions of its own; the caller has none.
/// `track` is pg_steward.track for the refreshes' own queries; the bookkeeping around them is not captured.
ErrorData* RunGroup(const Views& views, const Group& group, const char* track);

/// Takes or stops the schedule of a view that is gone or has another owner, with a line that says why. False: it is neither.
bool StopIfLost(const ScheduledView& view, ErrorData** error);

}  // namespace steward::refresh
