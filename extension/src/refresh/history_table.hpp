// steward.refresh_log: what happened, one row a run. Every statement that writes it. Owns no transactions and no roles: SPI is
// open and the caller may write the table. Read through the view steward.refresh_history.
#pragma once

#include "core/schedule.hpp"
#include "pg/postgres.hpp"
#include "refresh/execute.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace steward::refresh {

/// One line of history. Strings are not kept.
struct Run {
  static constexpr int64 kUnknown = -1;

  Oid relid;
  const char* name;
  Oid owner;
  int64 group;               // of views that were refreshed together; kUnknown: alone
  TimestampTz scheduled_at;  // 0: not scheduled
  TimestampTz started_at;    // 0: never started
  TimestampTz finished_at;
  const char* result;
  const char* reason;
  const char* method;  // nullptr: none was chosen
  int attempts;
  core::Micros lock_wait;    // for the view's lock; negative: unknown
  double exec_time_ms;       // negative: unknown
  int64 rows_inserted;       // kUnknown
  int64 rows_deleted;        // kUnknown
  int64 wal_bytes;           // kUnknown
  core::Micros staleness;    // negative: unknown
  const char* sqlstate;
  const char* message;
};

/// All fields unknown but for those given.
[[nodiscard]] Run NewRun(Oid relid, const char* name, Oid owner);

/// Fills in what a refresh that began then and succeeded has come to; `finished_at` is when it ended.
void DescribeOutcome(const RefreshOutcome& outcome, TimestampTz began, Run* run);

void WriteHistory(const Run& run);

/// Deletes up to `batch` lines of history that ended before `horizon`. Returns how many.
uint64 PruneHistory(TimestampTz horizon, uint64 batch);

}  // namespace steward::refresh
