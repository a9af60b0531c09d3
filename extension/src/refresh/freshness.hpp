// Which scheduled views lack a change, and since when: from the marks that writing transactions leave (store/change_marks), and
// from a key of everything that can change without a mark. Owns that reasoning; what a view reads is found by
// dependencies, when to refresh is decided in core.
#pragma once

#include "core/schedule.hpp"
#include "pg/postgres.hpp"
#include "refresh/view_table.hpp"
#include "store/change_marks.hpp"

namespace steward::refresh {

/// What a view reads, as far as its freshness goes.
struct Sources {
  const Oid* objects;  // relations of every kind, which are watched, ascending, each once; `definition` tells of the rest
  int nobjects;
  const Oid* relations;  // of these the relations that hold rows
  int nrelations;
  const Oid* parent_relids;  // materialized views whose rows it reads
  int nparent_relids;
  const int* parents;  // of these the scheduled ones, by number
  int nparents;
  uint64 definition;   // hash of definitions, files and partitions
  bool by_time;        // the result can change without any of it
  bool unwatched;      // there was no room to watch it all: presumed changed at every look
};

/// A scheduled view, what it reads, and what is known of it now.
struct FreshView {
  ScheduledView schedule;
  Sources sources;
  bool has_dependents;          // scheduled views read it
  store::ViewLacks lacks;
  core::Micros period;          // of a grid or of cron, between two instants
  core::Micros blackout_begin;  // the window that contains now, or the next; kNever: none
  core::Micros blackout_end;
};

/// The views of one visit, parents before those that read them.
struct Views {
  FreshView* all;
  int count;
};

/// Looks whether the database has prepared transactions, for what follows. SPI must be open.
void ReadPrepared();

/// Watches the view and what it reads.
void WatchSources(FreshView* view);

/// Lets everything be unwatched that none of the views reads.
void WatchNothingElse(const FreshView* views, int count);

/// Takes in the marks: sets what each view lacks directly, or by rows of its parents. A view that was refreshed under
/// another server start, or never, lacks something since `now` at the latest.
void TakeMarks(FreshView* views, int count, core::Micros now);

/// From now on the first change of what the views read wants a visit `after` microseconds later; kNever: none. So does one that
/// came since the marks were taken.
void WakeAfterChanges(const FreshView* views, int count, core::Micros after);

/// Whether the view lacks a change, or may lack one, of what it reads itself or of its parents' rows.
[[nodiscard]] bool LacksChanges(const Views& views, int view);

/// Whether a refresh of the view in this transaction, with a snapshot taken when `change` was the last one, saw its scheduled
/// parents' rows as they are when the transaction commits: `refreshed` by it, or unchanged since and kept so by a lock.
[[nodiscard]] bool SeesParents(const Views& views, int view, const bool* refreshed, uint64 change);

/// What a refresh that begins now will hold: call before its snapshot is taken.
Holds BeforeSnapshot(const FreshView& view);

/// Looks by the counters of the base tables for writes that no mark tells of, since the last refresh, and marks them; true when
/// there may be any. Counters lag, so a marked write that was counted after the refresh looks like one: once.
bool MarkUnmarked(const FreshView& view);

/// When something was marked first that a refresh with `holds` did not see, of what the view reads itself; 0: nothing was.
[[nodiscard]] core::Micros MissedBy(const FreshView& view, const Holds& holds, core::Micros now);

}  // namespace steward::refresh
