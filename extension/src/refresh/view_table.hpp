// The scheduled views and where each stands: steward.refresh_schedule joined with refresh_state, and every statement that
// writes the latter. Owns no transactions and no roles: SPI is open and the caller may write the tables.
#pragma once

#include "core/refresh_alerts.hpp"
#include "core/schedule.hpp"
#include "pg/postgres.hpp"
#include "pg/spi.hpp"
#include "refresh/execute.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace steward::refresh {

enum class Mode { kMaxStaleness, kEvery, kCron, kDownstream };

/// What a refresh leaves for the next look: what the view's data is known to hold.
struct Holds {
  TimestampTz reflects;  // every change committed before; 0: nothing is known
  uint64 change;         // numbered change (store/change_marks)
  uint64 definition;     // hash of definitions, files, partitions and settings
  uint64 counters;       // hash of the base tables' counters
  uint64 reads;          // scans of the view itself that were counted by then
};

/// Costs that were learned: of a method, as core/refresh_cost keeps them.
struct LearnedCosts {
  static constexpr int kMost = 16;
  int count;
  double values[kMost];
};

/// A scheduled view. Strings and arrays live in the memory context that ReadViews was called in.
struct ScheduledView {
  Oid relid;
  Oid owner;         // as scheduled
  bool exists;       // as a materialized view
  Oid actual_owner;  // of the view as it is
  char name[NAMEDATALEN];
  Mode mode;
  core::Micros max_staleness;  // kNever: not its mode
  core::Micros every;          // the same
  const char* cron;            // nullptr: not its mode
  const char* timezone;
  const char* blackout;  // nullptr: none
  int priority;
  core::Micros timeout;
  Method method;
  Datum settings;  // text[]
  TimestampTz changed_at;

  bool begun;        // the rest is of this schedule
  TimestampTz slot;  // the grid's time that is to be done, or the last look's
  TimestampTz due;   // a retry, when later than the slot
  int failures;      // in a row
  int lock_timeouts; // of plain refreshes, since the last success
  Holds holds;       // `change` is 0 after a restart: then everything may have changed
  LearnedCosts costs;
  core::RefreshAlerts alerts;
};

/// The length by which retries are bounded: the promise or the period.
[[nodiscard]] core::Micros PeriodOf(const ScheduledView& view);

/// The tables' owner, InvalidOid where this database does not have the extension with these tables. Needs a
/// transaction, not SPI.
Oid TablesOwner();

/// The enabled schedules, in `context`; their number is returned.
int ReadViews(MemoryContext context, ScheduledView** views);

/// Stores the view's slot, due time and `reflects` as they are.
void KeepTimes(const ScheduledView& view);

/// Notes that a run begins: what a worker that dies leaves behind.
void MarkStarted(const ScheduledView& view, TimestampTz now, const char* reason);

/// What comes after a run or a look.
struct Next {
  TimestampTz slot;
  TimestampTz due;
  int failures;
  int lock_timeouts;
};

/// Ends a run: clears the mark and sets what is next.
void MarkDone(Oid relid, const Next& next);

/// Adds what a statement keeps of them: reflects, seen_change, seen_boot, seen_definition, seen_counters, seen_reads.
void AddHolds(const Holds& holds, pg::SpiArgs* args);

/// Keeps what the view holds after a refresh, and what it cost. Call after MarkDone.
void KeepHolds(Oid relid, const Holds& holds, const LearnedCosts& costs);

void KeepAlerts(Oid relid, const core::RefreshAlerts& alerts);

/// A look that found a view unchanged: its next slot.
void MarkLooked(const ScheduledView& view, TimestampTz slot);

/// Reports marks that a dead worker left as interrupted, tries those views again after `retry_at`, and disables a
/// schedule whose runs ended `most_interruptions` times in a row with the server. Returns the number of marks.
uint64 ReclaimMarks(TimestampTz now, TimestampTz retry_at, int most_interruptions);

}  // namespace steward::refresh
