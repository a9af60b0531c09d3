// See execute.hpp.
#include "refresh/execute.hpp"

#include "changes/collect.hpp"
#include "pg/role.hpp"
#include "pg/spi.hpp"
#include "refresh/session_settings.hpp"
#include "settings.hpp"

extern "C" {
#include "executor/instrument.h"
#include "pgstat.h"
#include "storage/lock.h"
#include "utils/fmgrprotos.h"
}

namespace steward::refresh {

namespace {

// CONCURRENTLY blocks no readers while it waits, so it may wait seconds (RELIABILITY W13).
constexpr int kConcurrentLockWaitMs = 5000;

// Tells our locks from the users' advisory locks, which use 1 and 2.
constexpr uint16 kLockClass = 83;

struct ViewFacts {
  char* qualified_name;
  bool populated;
  bool unique_index;
  bool may_create_temp;
};

LOCKTAG LockOf(Oid relid) {
  LOCKTAG tag;
  SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, relid, kLockClass);
  return tag;
}

// Usable for CONCURRENTLY as core sees it: a valid, immediate, total btree over plain columns.
constexpr const char* kFactsQuery = R"(
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relispopulated,
       EXISTS (SELECT FROM pg_catalog.pg_index i
                 JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
                 JOIN pg_catalog.pg_am a ON a.oid = x.relam
                WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
                  AND a.amname = 'btree' AND NOT (0 = ANY (i.indkey))),
       pg_catalog.has_database_privilege(c.relowner, d.oid, 'TEMP'),
       pg_catalog.has_database_privilege(c.relowner, d.oid, 'CONNECT'), c.relowner
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
 WHERE c.oid = $1 AND c.relkind = 'm')";

bool Flag(int column) {
  bool is_null = true;
  const Datum value = pg::SpiValue(0, column, &is_null);
  return !is_null && DatumGetBool(value);
}

ViewFacts ReadFacts(const RefreshRequest& request) {
  pg::SpiArgs args;
  args.AddOid(request.relid);
  if (pg::SpiRun(kFactsQuery, args) != 1)
    ereport(ERROR,
            (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("materialized view with OID %u does not exist", request.relid)));
  const ViewFacts facts{pg::SpiString(0, 1), Flag(2), Flag(3), Flag(4)};
  bool is_null = true;
  if (DatumGetObjectId(pg::SpiValue(0, 6, &is_null)) != request.owner)
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("materialized view %s has got another owner", facts.qualified_name)));
  if (!Flag(5))
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("the owner of materialized view %s may not connect to this database", facts.qualified_name),
                    errhint("GRANT CONNECT ON DATABASE to the owner.")));
  return facts;
}

void RefuseConcurrently(const ViewFacts& facts) {
  if (!facts.unique_index)
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("cannot refresh materialized view %s concurrently", facts.qualified_name),
                    errdetail("It has no unique index on plain columns without a WHERE clause."),
                    errhint("Create one, or schedule the view with method => 'auto'.")));
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                  errmsg("cannot refresh materialized view %s concurrently", facts.qualified_name),
                  errdetail("Its owner may not create temporary tables in this database."),
                  errhint("GRANT TEMPORARY ON DATABASE to the owner, or schedule the view with method => 'auto'.")));
}

void Choose(Method wanted, const ViewFacts& facts, RefreshOutcome* outcome) {
  const bool possible = facts.unique_index && facts.may_create_temp;
  outcome->note = nullptr;
  outcome->method = Method::kPlain;
  if (wanted == Method::kPlain) return;
  if (!facts.populated)
    outcome->note = "not concurrently: the view was not populated";
  else if (possible)
    outcome->method = Method::kConcurrently;
  else if (wanted == Method::kConcurrently)
    RefuseConcurrently(facts);
  else
    outcome->note = facts.unique_index ? "not concurrently: the view's owner may not create temporary tables"
                                       : "not concurrently: the view has no unique index on plain columns";
}

// Rows that this transaction has written so far. CONCURRENTLY replaces those that differ, row by row.
int64 Written(Datum (*function)(FunctionCallInfo), Oid relid) {
  return DatumGetInt64(DirectFunctionCall1(function, ObjectIdGetDatum(relid)));
}

void RunRefresh(const RefreshRequest& request, const ViewFacts& facts, RefreshOutcome* outcome) {
  const int64 inserted = Written(pg_stat_get_xact_tuples_inserted, request.relid);
  const int64 deleted = Written(pg_stat_get_xact_tuples_deleted, request.relid);
  const bool noted = changes::IsNoted(request.relid);
  outcome->rows_known = outcome->method == Method::kConcurrently && pgstat_track_counts;
  pg::SpiRun(psprintf("REFRESH MATERIALIZED VIEW %s%s",
                      outcome->method == Method::kConcurrently ? "CONCURRENTLY " : "", facts.qualified_name));
  if (!outcome->rows_known) return;
  outcome->rows_inserted = Written(pg_stat_get_xact_tuples_inserted, request.relid) - inserted;
  outcome->rows_deleted = Written(pg_stat_get_xact_tuples_deleted, request.relid) - deleted;
  if (outcome->Unchanged() && !noted) changes::ForgetChange(request.relid);
}

}  // namespace

Method ParseMethod(const char* text) {
  if (strcmp(text, "auto") == 0) return Method::kAuto;
  if (strcmp(text, "concurrently") == 0) return Method::kConcurrently;
  if (strcmp(text, "plain") == 0) return Method::kPlain;
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown refresh method: \"%s\"", text),
                  errhint("Use 'auto', 'concurrently' or 'plain'.")));
}

const char* MethodName(Method method) {
  switch (method) {
    case Method::kAuto:
      return "auto";
    case Method::kConcurrently:
      return "concurrently";
    case Method::kPlain:
      return "plain";
  }
  return "auto";
}

RefreshOutcome ExecuteRefresh(const RefreshRequest& request) {
  RefreshOutcome outcome = {};
  const uint64 wal_before = pgWalUsage.wal_bytes;
  const pg::RoleSwitch before = pg::BecomeRole(request.owner);
  const ViewFacts facts = ReadFacts(request);
  Choose(request.method, facts, &outcome);
  const bool concurrently = outcome.method == Method::kConcurrently;
  if (request.limit_locks)
    pg::SetForRole("lock_timeout",
                   psprintf("%dms", concurrently ? kConcurrentLockWaitMs : settings.refresh_lock_timeout_ms));
  if (request.track != nullptr) pg::SetForRole("pg_steward.track", request.track);
  if (request.settings != 0) PinSettings(request.settings);
  RunRefresh(request, facts, &outcome);
  pg::EndRole(before);
  outcome.wal_bytes = static_cast<int64>(pgWalUsage.wal_bytes - wal_before);
  return outcome;
}

bool TryLockView(Oid relid, bool session) {
  const LOCKTAG tag = LockOf(relid);
  return LockAcquire(&tag, ExclusiveLock, session, true) != LOCKACQUIRE_NOT_AVAIL;
}

void UnlockView(Oid relid) {
  const LOCKTAG tag = LockOf(relid);
  LockRelease(&tag, ExclusiveLock, true);
}

}  // namespace steward::refresh
