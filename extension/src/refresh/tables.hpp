// The SQL over steward.refresh_schedule, refresh_state and refresh_log: every statement that the worker and the
// functions run on them. Owns no transactions and no roles: SPI is open and the caller may write the tables.
#pragma once

#include "core/schedule.hpp"
#include "pg/postgres.hpp"
#include "refresh/execute.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace steward::refresh {

/// A scheduled view and where it stands.
struct Job {
  Oid relid;
  Oid owner;         // as scheduled
  bool exists;       // as a materialized view
  Oid actual_owner;  // of the view as it is
  char name[NAMEDATALEN];
  core::Micros every;
  core::Micros timeout;
  Method method;
  TimestampTz changed_at;
  TimestampTz slot;  // the grid's due time that is to be done
  TimestampTz due;   // when to do it: the slot, or a later retry
  int failures;      // in a row, before this run
};

/// One line of history. Strings are not kept.
struct Run {
  Oid relid;
  const char* name;
  Oid owner;
  TimestampTz scheduled_at;  // 0: not scheduled
  TimestampTz started_at;    // 0: never started
  TimestampTz finished_at;
  const char* result;
  const char* reason;
  const char* method;  // nullptr: none was chosen
  int attempts;
  double exec_time_ms;  // negative: unknown
  int64 wal_bytes;      // negative: unknown
  const char* sqlstate;
  const char* message;
};

/// The tables' owner, InvalidOid where this database does not have the extension with these tables. Needs a
/// transaction, not SPI.
Oid TablesOwner();

/// The enabled schedule that is due first. False when there is none.
bool ReadNextJob(TimestampTz now, Job* job);

/// Notes that a run begins: what a worker that dies leaves behind.
void MarkStarted(const Job& job, TimestampTz now, const char* reason);

/// Ends a run: clears the mark and sets what is next.
void MarkDone(const Job& job, TimestampTz slot, TimestampTz next_due, int failures);

/// Reports marks that a dead worker left as interrupted, tries those views again after `retry_at`, and disables a
/// schedule whose runs ended `most_interruptions` times in a row with the server. Returns the number of marks.
uint64 ReclaimMarks(TimestampTz now, TimestampTz retry_at, int most_interruptions);

/// Takes a schedule away, or stops following it. Does nothing to a row that another session has locked.
void DropSchedule(Oid relid);
void DisableSchedule(Oid relid);

void WriteHistory(const Run& run);

/// Deletes up to `batch` lines of history that ended before `horizon`. Returns how many.
uint64 PruneHistory(TimestampTz horizon, uint64 batch);

/// A schedule as the user asks for it; nullptr keeps what is there (or takes the default).
struct ScheduleRequest {
  Oid relid;
  Oid owner;
  const Interval* every;
  const char* method;
  const Interval* timeout;
};

/// False when there is no schedule yet and `every` is nullptr.
bool PutSchedule(const ScheduleRequest& request);

/// Both return false when the view has no schedule.
bool RemoveSchedule(Oid relid);
bool EnableSchedule(Oid relid, Oid owner, bool enabled);

}  // namespace steward::refresh
