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
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

// Tells our locks from the users' advisory locks, which use 1 and 2.
constexpr uint16 kLockClass = 83;

struct ViewFacts {
  char* qualified_name;
  uint64 reads;
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
       pg_catalog.has_database_privilege(c.relowner, d.oid, 'CONNECT'), c.relowner,
       (pg_catalog.pg_stat_get_numscans(c.oid) +
        (SELECT coalesce(sum(pg_catalog.pg_stat_get_numscans(i.indexrelid)), 0) FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid)
       )::pg_catalog.int8
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
  bool is_null = true;
  const auto reads = static_cast<uint64>(DatumGetInt64(pg::SpiValue(0, 7, &is_null)));
  const ViewFacts facts{pg::SpiString(0, 1), reads, Flag(2), Flag(3), Flag(4)};
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

const char* WhyNotConcurrently(const ViewFacts& facts) {
  if (!facts.populated) return "not concurrently: the view was not populated";
  if (!facts.unique_index) return "not concurrently: the view has no unique index on plain columns";
  if (!facts.may_create_temp) return "not concurrently: the view's owner may not create temporary tables";
  return nullptr;
}

// By the time since the reads were counted last.
double ReadsPerSecond(const RefreshRequest& request, uint64 reads) {
  const core::Micros passed = GetCurrentTimestamp() - request.reads_since;
  if (request.reads_since == 0 || passed <= 0) return 0;
  const uint64 more = reads >= request.reads_before ? reads - request.reads_before : reads;  // statistics were reset
  return static_cast<double>(more) * core::kSecond / static_cast<double>(passed);
}

// An explicit method is never overridden, but for a view without rows.
void Choose(const RefreshRequest& request, const ViewFacts& facts, RefreshOutcome* outcome) {
  core::MethodQuestion question = request.known;
  question.populated = facts.populated;
  question.can_concurrently = facts.unique_index && facts.may_create_temp;
  question.reads_per_second = ReadsPerSecond(request, facts.reads);
  outcome->readers_waited = core::ReadersWaiting(question);
  outcome->note = request.method == Method::kPlain ? nullptr : WhyNotConcurrently(facts);
  if (request.method != Method::kAuto) {
    if (request.method == Method::kConcurrently && facts.populated && !question.can_concurrently) RefuseConcurrently(facts);
    outcome->method = facts.populated ? request.method : Method::kPlain;
    return;
  }
  const bool plain = core::ChooseMethod(question) == core::RefreshMethod::kPlain;
  outcome->method = plain ? Method::kPlain : Method::kConcurrently;
}

void LimitLockWait(const RefreshRequest& request, const RefreshOutcome& outcome) {
  const bool plain = outcome.method == Method::kPlain;
  const core::Micros allowed = core::Micros{settings.refresh_lock_timeout_ms} * 1000;
  const core::Micros wait =
      core::LockWait(plain ? core::RefreshMethod::kPlain : core::RefreshMethod::kConcurrently, allowed, request.latest_start,
                     request.known.plain_lock_timeouts, GetCurrentTimestamp());
  pg::SetForRole("lock_timeout", psprintf(INT64_FORMAT "ms", wait / 1000));
}

// The lock that REFRESH takes first, so that waiting for it is measured. Returns the name that the view has under it.
const char* LockView(Oid relid, RefreshOutcome* outcome) {
  outcome->lock_wanted = GetCurrentTimestamp();
  LockRelationOid(relid, outcome->method == Method::kPlain ? AccessExclusiveLock : ExclusiveLock);
  outcome->lock_wait = GetCurrentTimestamp() - outcome->lock_wanted;
  outcome->lock_wanted = 0;
  const char* name = get_rel_name(relid);
  if (name == nullptr)
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("materialized view with OID %u does not exist", relid)));
  return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), name);
}

// Rows that this transaction has written so far. CONCURRENTLY replaces those that differ, row by row.
int64 Written(Datum (*function)(FunctionCallInfo), Oid relid) {
  return DatumGetInt64(DirectFunctionCall1(function, ObjectIdGetDatum(relid)));
}

void RunRefresh(const RefreshRequest& request, const char* name, RefreshOutcome* outcome) {
  const Oid relid = request.relid;
  const int64 inserted = Written(pg_stat_get_xact_tuples_inserted, relid);
  const int64 deleted = Written(pg_stat_get_xact_tuples_deleted, relid);
  const bool noted = changes::IsNoted(relid);
  outcome->rows_known = outcome->method == Method::kConcurrently && pgstat_track_counts;
  const char* command = psprintf("REFRESH MATERIALIZED VIEW %s%s", outcome->method == Method::kConcurrently ? "CONCURRENTLY " : "", name);
  if (request.snapshot == nullptr) pg::SpiRun(command);
  else pg::SpiRunWith(request.snapshot, command);
  if (!outcome->rows_known) return;
  outcome->rows_inserted = Written(pg_stat_get_xact_tuples_inserted, relid) - inserted;
  outcome->rows_deleted = Written(pg_stat_get_xact_tuples_deleted, relid) - deleted;
  if (outcome->Unchanged() && !noted) changes::ForgetChange(relid);
}

// Who waits for the view now, and how often this transaction has read it itself.
void CountReaders(Oid relid, RefreshOutcome* outcome) {
  pg::SpiArgs args;
  args.AddOid(relid);
  args.AddBool(outcome->method == Method::kPlain);
  pg::SpiRun(R"(
SELECT (pg_catalog.pg_stat_get_xact_numscans($1) +
        (SELECT coalesce(sum(pg_catalog.pg_stat_get_xact_numscans(i.indexrelid)), 0) FROM pg_catalog.pg_index i WHERE i.indrelid = $1)
       )::pg_catalog.int8,
       CASE WHEN $2 THEN
         (SELECT count(*) FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database
           WHERE l.relation = $1 AND d.datname = pg_catalog.current_database() AND NOT l.granted) END::pg_catalog.float8)",
             args);
  bool is_null = true;
  outcome->reads += static_cast<uint64>(DatumGetInt64(pg::SpiValue(0, 1, &is_null)));
  if (outcome->method == Method::kPlain) outcome->readers_waited = DatumGetFloat8(pg::SpiValue(0, 2, &is_null));
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

void ExecuteRefresh(const RefreshRequest& request, RefreshOutcome* outcome) {
  *outcome = {};
  outcome->lock_wait = -1;
  const uint64 wal_before = pgWalUsage.wal_bytes;
  const pg::RoleSwitch before = pg::BecomeRole(request.owner);
  const ViewFacts facts = ReadFacts(request);
  outcome->reads = facts.reads;
  Choose(request, facts, outcome);
  if (request.limit_locks) LimitLockWait(request, *outcome);
  const char* name = LockView(request.relid, outcome);
  if (request.track != nullptr) pg::SetForRole("pg_steward.track", request.track);
  if (request.settings != 0) PinSettings(request.settings);
  RunRefresh(request, name, outcome);
  CountReaders(request.relid, outcome);
  pg::EndRole(before);
  outcome->wal_bytes = static_cast<int64>(pgWalUsage.wal_bytes - wal_before);
}

bool TryLockView(Oid relid, bool session) {
  const LOCKTAG tag = LockOf(relid);
  return LockAcquire(&tag, ExclusiveLock, session, true) != LOCKACQUIRE_NOT_AVAIL;
}

void UnlockView(Oid relid, bool session) {
  const LOCKTAG tag = LockOf(relid);
  LockRelease(&tag, ExclusiveLock, session);
}

}  // namespace steward::refresh
