// What a visit does next: the views as they stand, brought before the planner in core, and its answer as plain data.
#pragma once

#include "pg/postgres.hpp"
#include "refresh/freshness.hpp"

namespace steward::refresh {

/// Arrays live in the current memory context.
struct Decision {
  int* unchanged;  // views on a grid that are due and lack nothing
  int nunchanged;
  struct Job {
    int* views;  // a group
    int count;
    core::Micros deadline;  // kNever: none
  };
  Job* jobs;  // to do now, in order
  int njobs;
  int* late;                // views that will break their promise, or have broken it, and did not before
  int nlate;
  core::Micros next_look;   // kNever: only when something changes
  core::Micros wake_after;  // how long after a first change a look is needed; kNever: never
};

/// Decides, and tells readers what each view lacks.
Decision Decide(const Views& views, core::Micros now);

/// The views, parents first, that a refresh of `view` must come with: all above it that `lacking` tells of, or a parent of
/// theirs, and those that must agree with any of them; all that there can be where that is nullptr. Those that `mine` does not
/// tell of are among them, but not what they would have to come with.
int* Needed(const Views& views, int view, const bool* lacking, const bool* mine, int* count);

/// Takes what the views hold, lack and wait for along with a clock that was set back from `last` to `now`; slots are left.
void MoveWithClock(const Views& views, core::Micros last, core::Micros now);

/// After a refresh of a view that holds `holds` now; `changed`: its rows may be others.
void NoteRefreshed(const Views& views, int view, const Holds& holds, bool changed);

}  // namespace steward::refresh
