// One refresh of one materialized view, as its owner, in the current transaction: what the view allows, which method,
// the command. Leaves scheduling, history and what to do about errors to its callers (worker and SQL function).
#pragma once

#include "pg/postgres.hpp"

namespace steward::refresh {

enum class Method { kAuto, kConcurrently, kPlain };

/// "auto", "concurrently" or "plain"; raises on anything else.
Method ParseMethod(const char* text);
const char* MethodName(Method method);

struct RefreshRequest {
  Oid relid;
  Oid owner;  // whom the view must belong to; it runs as that role
  Method method;
  bool limit_locks;   // wait for locks no longer than refresh_lock_timeout (plain) or some seconds (concurrently)
  const char* track;  // pg_steward.track during the command; nullptr leaves it
  Datum settings;     // to run with (session_settings.hpp); 0 leaves the session's
};

struct RefreshOutcome {
  Method method;
  const char* note;  // why auto was not concurrent; nullptr otherwise
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
RefreshOutcome ExecuteRefresh(const RefreshRequest& request);

/// The lock that keeps two refreshes of one view from stacking: tries, never waits. Session locks last until
/// UnlockView, others until the end of the transaction.
bool TryLockView(Oid relid, bool session);
void UnlockView(Oid relid);

}  // namespace steward::refresh
