// Which materialized views are to be refreshed now, in which order, and when to look again. Pure: the clock is an
// argument, the caller keeps the states. Leaves the order under overload to refresh_order, how long a refresh takes to
// refresh_cost, when a cron expression is due to cron.
#pragma once

#include <cstdint>
#include <vector>

#include "core/refresh_graph.hpp"
#include "core/schedule.hpp"

namespace steward::core {

enum class RefreshMode : std::uint8_t { kMaxStaleness, kEvery, kCron, kDownstream };

/// A view and where it stands. Instants are kNever for "none". The view contains every change of its roots but those
/// since `direct_since`, since `inherited_since`, and those that a parent does not contain yet.
struct ViewState {
  RefreshMode mode = RefreshMode::kMaxStaleness;
  Micros max_staleness = kNever;    // kMaxStaleness: the promise
  Micros due = kNever;              // every, cron: the instant of the grid that is to be done next
  Micros period = kNever;           // every, cron: from one instant of the grid to the next
  bool tracked = true;              // false: what it reads directly is presumed to change at any time
  Micros direct_since = kNever;     // first change of a root that it reads directly
  Micros inherited_since = kNever;  // first root change that the stored data of a parent has and the view has not
  Micros inherited_after = kNever;  // the same, by parents whose refresh ended while the view's was running
  Micros refreshed = kNever;        // snapshot of its last successful refresh
  Micros cost = kSecond;            // predicted duration of a refresh, margin included
  double weight = 1;                // what being in time is worth: reads since the last refresh, times priority
  Micros retry_at = 0;              // after a failure: not before
  Micros blackout_begin = kNever;   // the blackout window that contains now, or else the next one
  Micros blackout_end = kNever;
  bool paused = false;   // left alone; others treat it as a table that does not change
  bool running = false;  // some worker refreshes it
};

struct RefreshLoad {
  int workers = 1;  // that refreshes may use
  int free = 1;     // of those, without work, the one that asks included
  double busy = 0;  // 0: nobody else needs the machine, 1: users need all of it
};

/// One transaction: the views of a group to refresh, parents first. A view whose turn comes is refreshed if it is dirty
/// then (DirtyNow): a parent before it in the list may have turned out unchanged.
struct RefreshJob {
  int group = -1;
  std::vector<int> views;
  Micros deadline = kNever;
  Micros finish = 0;  // as predicted
  bool late = false;  // finish is after the deadline: a predicted miss
};

struct RefreshPlan {
  std::vector<int> unchanged;   // on a grid, due, nothing to do: to be noted and moved to their next instant
  std::vector<RefreshJob> due;  // in order
  int start = -1;               // the job of `due` to begin now on this worker; -1: none, or no worker is free
  std::vector<int> after;       // jobs that it may do next without asking again, should that one not take long: none waits for another
  Micros next_look;             // when something else becomes due, after `now`; kNever: only by an event
  Micros next_sweep;            // when to have asked for new changes of clean views, after `now`; kNever: no need
  std::vector<Micros> next;     // by view: when it will begin as things stand (`now`: it is due); kNever: no reason to
};

/// Plans. To be asked again at `next_look`, at `next_sweep`, and whenever a run ends or a state changes.
///
/// Promises. A view with own changes (DirtyNow) must be done by the first of them + the least its promise and what
/// its dependents need (Promises). It is begun as late as that allows, so that a refresh covers the most changes: the
/// longest busy spell before the deadline, the time in which all views that could ask at once are done. An eighth of
/// the promise sooner on an idle machine: that much can be put off while users need it. Never sooner than half a
/// promise after the last refresh, if it can be in time then. When something is begun anyway, so is what would begin within a
/// 64th of its promise. Grids. A view on a grid is looked at when it is due,
/// whatever the load; it must be done by the next instant of the grid. Its parents that are on no grid and have changes
/// from before that instant come first. Order. Where a view is due, all its ancestors with changes as old as its own
/// come first, however young their own deadline; younger ones do not, so that no writer can hold a child back. A shared
/// parent is refreshed once. Held back. A group of which a member waits for a retry or sits in a blackout window is not
/// refreshed; its dependents do not wait for it. Paused views are left out. A deadline within a blackout window becomes
/// the window's begin. Nothing begins while an ancestor with changes it needs, a child, or another member of its group
/// is running.
[[nodiscard]] RefreshPlan PlanRefreshes(const RefreshGraph& graph, const std::vector<ViewState>& views,
                                        const RefreshLoad& load, Micros now);

/// The first root change that a refresh of this view alone would bring in; kNever: it would change nothing.
[[nodiscard]] Micros DirtyNow(const ViewState& view, Micros now);

/// By view: the first change of any of its roots, through parents, too, that it does not contain. Its staleness is
/// `now` less that.
[[nodiscard]] std::vector<Micros> DirtySince(const RefreshGraph& graph, const std::vector<ViewState>& views,
                                             Micros now);

/// A refresh that succeeded.
struct RefreshDone {
  Micros snapshot;      // instant of its snapshot
  bool changed;         // false only if the stored data is certainly what it was
  Micros direct_since;  // first direct change that the snapshot did not see, kNever: none
};

/// Brings `views` up to date after a refresh committed: the view is clean up to its snapshot, and its children have
/// inherited its changes, unless there were none. Of a job: first clear `running` of all its views, then apply each
/// that was refreshed, parents first. The same on a copy tells within the job which are still dirty. A refresh that
/// failed changes only `running` and `retry_at`, which are the caller's.
void ApplyRefresh(const RefreshGraph& graph, int view, const RefreshDone& done, std::vector<ViewState>* views);

/// Moves all instants along when the clock was set back from `last`, where the caller last looked, to `now`, so that no
/// promise waits until the clock has caught up. Grids and blackout windows are the caller's to ask for anew.
void FollowClock(Micros last, Micros now, std::vector<ViewState>* views);

/// A refresh that failed.
struct FailedRefresh {
  int consecutive;      // failures in a row, this one included
  bool lock_timeout;    // nothing is wrong with it, somebody was in the way
  Micros duration;      // how long it took
  Micros period;        // promise or period
  Micros latest_start;  // to be in time; kNever: no deadline
  double randomness;    // [0, 1)
};

/// When to try again. After a lock timeout at random within 100 ms, doubling up to 10 s; else as RetryAt. Where that
/// would be too late for a deadline that can still be met: at the latest start. Always after `now`.
[[nodiscard]] Micros RetryRefreshAt(const FailedRefresh& failed, Micros now);

}  // namespace steward::core
