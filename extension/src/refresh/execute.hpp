// One refresh of one materialized view, as its owner, in the current transaction: what the view allows, which method,
// the command. Leaves scheduling, history and what to do about errors to its callers (worker and SQL function).
#pragma once

#include "core/refresh_cost.hpp"
#include "pg/postgres.hpp"

extern "C" {
#include "datatype/timestamp.h"
#include "utils/snapshot.h"
}

namespace steward::refresh {

enum class Method { kAuto, kConcurrently, kPlain };

/// "auto", "concurrently" or "plain"; raises on anything else.
Method ParseMethod(const char* text);
const char* MethodName(Method method);

struct RefreshRequest {
  Oid relid;
  Oid owner;  // whom the view must belong to; it runs as that role
  Method method;
  core::MethodQuestion known;  // for kAuto; whether the view has rows, a key and readers is found here
  uint64 reads_before;         // scans of the view that were counted at `reads_since`; 0: unknown
  TimestampTz reads_since;
  bool limit_locks;  // wait for the view's lock no longer than core's LockWait says
  core::Micros latest_start;  // for that
  const char* track;  // pg_steward.track during the command; nullptr leaves it
  Datum settings;     // to run with (session_settings.hpp); 0 leaves the session's
  Snapshot snapshot;  // to read with; nullptr: the transaction's
};

/// Filled as the refresh goes, so that one that fails tells how far it came.
struct RefreshOutcome {
  Method method;              // kAuto: none was chosen yet
  const char* note;           // why auto was not concurrent; nullptr otherwise
  TimestampTz lock_wanted;    // while the view's lock is waited for, else 0
  core::Micros lock_wait;     // negative: no lock was asked for
  uint64 reads;               // scans of the view so far, its own with them
  double readers_waited;      // for a plain refresh, at its end; for one that was not plain, as many as would have had to
  int64 wal_bytes;
  bool rows_known;  // the two counts are
  int64 rows_inserted;
  int64 rows_deleted;

  /// The view holds the rows that it held before.
  [[nodiscard]] bool Unchanged() const { return rows_known && rows_inserted == 0 && rows_deleted == 0; }
};

/// Refreshes. SPI must be open. Raises when the view is gone, has another owner, cannot be refreshed as asked, or when
/// its query fails. CONCURRENTLY is refused with the missing index or grant named; a view that is not populated is
/// always refreshed plainly, because nobody can be reading it. A refresh that changes no row is not noted as a change of the
/// view.
void ExecuteRefresh(const RefreshRequest& request, RefreshOutcome* outcome);

/// The lock that keeps two refreshes of one view from stacking: tries, never waits. Session locks last until
/// UnlockView, others until then or the end of the transaction.
bool TryLockView(Oid relid, bool session);
void UnlockView(Oid relid, bool session);

}  // namespace steward::refresh
