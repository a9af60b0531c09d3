// See tables.hpp. The worker runs with search_path = pg_catalog, pg_temp, the functions switch to it; everything else
// is qualified.
#include "refresh/tables.hpp"

#include "pg/extension_table.hpp"
#include "pg/spi.hpp"
#include "store/visit_board.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

core::Micros Length(const Interval* interval) {
  return core::IntervalLength({interval->month, interval->day, interval->time});
}

void AddInterval(pg::SpiArgs* args, const Interval* interval) {
  if (interval == nullptr)
    args->AddNull(INTERVALOID);
  else
    args->Add(INTERVALOID, IntervalPGetDatum(interval));
}

void AddTimeOrNull(pg::SpiArgs* args, TimestampTz value) {
  if (value == 0)
    args->AddNull(TIMESTAMPTZOID);
  else
    args->AddTime(value);
}

/// A value of the first result row; `fallback` when it is NULL.
Datum Get(int column, Datum fallback) {
  bool is_null = true;
  const Datum value = pg::SpiValue(0, column, &is_null);
  return is_null ? fallback : value;
}

void ReadProgress(TimestampTz now, Job* job) {
  const bool known = DatumGetBool(Get(12, BoolGetDatum(false)));
  job->slot = known ? DatumGetTimestampTz(Get(9, 0)) : job->changed_at;
  job->due = known ? DatumGetTimestampTz(Get(10, 0)) : job->changed_at;
  job->failures = known ? DatumGetInt32(Get(11, 0)) : 0;
  job->due = core::ClampDue(job->due, job->every, now);
  job->slot = core::ClampDue(job->slot, job->every, now);
}

}  // namespace

Oid TablesOwner() {
  return pg::ExtensionTableOwner("refresh_state");
}

bool ReadNextJob(TimestampTz now, Job* job) {
  const uint64 rows = pg::SpiRun(R"(
SELECT s.relid::pg_catalog.oid, s.owner::pg_catalog.oid, c.oid, c.relowner, coalesce(c.relname, s.relid::pg_catalog.text::name),
       s.every, s.timeout, s.method, st.slot, st.next_due, st.consecutive_failures, st.changed_at = s.changed_at, s.changed_at
  FROM steward.refresh_schedule s
  LEFT JOIN steward.refresh_state st ON st.relid = s.relid
  LEFT JOIN pg_catalog.pg_class c ON c.oid = s.relid AND c.relkind = 'm'
 WHERE s.enabled
 ORDER BY CASE WHEN st.changed_at = s.changed_at THEN st.next_due ELSE s.changed_at END, s.relid
 LIMIT 1)");
  if (rows == 0) return false;
  job->relid = DatumGetObjectId(Get(1, 0));
  job->owner = DatumGetObjectId(Get(2, 0));
  job->exists = DatumGetObjectId(Get(3, ObjectIdGetDatum(InvalidOid))) != InvalidOid;
  job->actual_owner = DatumGetObjectId(Get(4, ObjectIdGetDatum(InvalidOid)));
  strlcpy(job->name, pg::SpiString(0, 5), sizeof job->name);
  job->every = Max(Length(DatumGetIntervalP(Get(6, 0))), core::kShortestPeriod);
  const Datum timeout = Get(7, 0);
  job->timeout = timeout == 0 ? core::DefaultTimeout(job->every) : Length(DatumGetIntervalP(timeout));
  job->method = ParseMethod(pg::SpiString(0, 8));
  job->changed_at = DatumGetTimestampTz(Get(13, 0));
  ReadProgress(now, job);
  return true;
}

void MarkStarted(const Job& job, TimestampTz now, const char* reason) {
  pg::SpiArgs args;
  args.AddOid(job.relid);
  args.AddTime(job.changed_at);
  args.AddTime(job.slot);
  args.AddTime(job.due);
  args.AddInt32(job.failures);
  args.AddTime(now);
  args.AddInt64(store::BoardBootId());
  args.AddText(reason);
  pg::SpiRun(R"(
INSERT INTO steward.refresh_state AS st
       (relid, changed_at, slot, next_due, consecutive_failures, interruptions, running_since, running_boot, running_reason)
VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8)
    ON CONFLICT (relid) DO UPDATE
   SET interruptions = CASE WHEN st.changed_at = excluded.changed_at THEN st.interruptions ELSE 0 END,
       changed_at = excluded.changed_at, slot = excluded.slot, next_due = excluded.next_due,
       consecutive_failures = excluded.consecutive_failures, running_since = excluded.running_since,
       running_boot = excluded.running_boot, running_reason = excluded.running_reason)",
             args);
}

void MarkDone(const Job& job, TimestampTz slot, TimestampTz next_due, int failures) {
  pg::SpiArgs args;
  args.AddOid(job.relid);
  args.AddTime(slot);
  args.AddTime(next_due);
  args.AddInt32(failures);
  pg::SpiRun(R"(
UPDATE steward.refresh_state
   SET slot = $2, next_due = $3, consecutive_failures = $4, interruptions = 0,
       running_since = NULL, running_boot = NULL, running_reason = NULL
 WHERE relid = $1)",
             args);
}

uint64 ReclaimMarks(TimestampTz now, TimestampTz retry_at, int most_interruptions) {
  pg::SpiArgs args;
  args.AddTime(now);
  args.AddTime(retry_at);
  args.AddInt64(store::BoardBootId());
  args.AddInt32(most_interruptions);
  const uint64 marks = pg::SpiRun(R"(
WITH mark AS (SELECT relid, running_since, running_reason, running_boot <> $3 AS restarted
                FROM steward.refresh_state WHERE running_since IS NOT NULL),
     cleared AS (UPDATE steward.refresh_state st
                    SET running_since = NULL, running_boot = NULL, running_reason = NULL, next_due = $2,
                        interruptions = st.interruptions + m.restarted::pg_catalog.int4
                   FROM mark m WHERE st.relid = m.relid
              RETURNING st.relid, st.slot, st.interruptions, st.consecutive_failures),
     stopped AS (UPDATE steward.refresh_schedule s SET enabled = false
                   FROM cleared c WHERE s.relid = c.relid AND c.interruptions >= $4)
INSERT INTO steward.refresh_log (relid, matviewname, owner, scheduled_at, started_at, finished_at, result, reason, attempts, message)
SELECT m.relid, coalesce(v.relname, m.relid::text), coalesce(v.relowner, 0), c.slot, m.running_since, $1, 'interrupted',
       m.running_reason, c.consecutive_failures + 1,
       CASE WHEN m.restarted THEN 'the server ended during the refresh' ELSE 'the worker ended during the refresh' END ||
       CASE WHEN c.interruptions >= $4
            THEN pg_catalog.format(', %s times in a row; the schedule is disabled until steward.resume_refresh()', c.interruptions)
            ELSE '' END
  FROM mark m JOIN cleared c ON c.relid = m.relid LEFT JOIN pg_catalog.pg_class v ON v.oid = m.relid)",
                                  args);
  // The rows of views that nobody schedules any more.
  pg::SpiRun(
      "DELETE FROM steward.refresh_state st "
      "WHERE NOT EXISTS (SELECT FROM steward.refresh_schedule s WHERE s.relid = st.relid)");
  return marks;
}

void DropSchedule(Oid relid) {
  pg::SpiArgs args;
  args.AddOid(relid);
  pg::SpiRun(
      "DELETE FROM steward.refresh_schedule WHERE relid IN "
      "(SELECT s.relid FROM steward.refresh_schedule s WHERE s.relid = $1 FOR UPDATE SKIP LOCKED)",
      args);
}

void DisableSchedule(Oid relid) {
  pg::SpiArgs args;
  args.AddOid(relid);
  pg::SpiRun(
      "UPDATE steward.refresh_schedule SET enabled = false WHERE relid IN "
      "(SELECT s.relid FROM steward.refresh_schedule s WHERE s.relid = $1 FOR UPDATE SKIP LOCKED)",
      args);
}

void WriteHistory(const Run& run) {
  pg::SpiArgs args;
  args.AddOid(run.relid);
  args.AddText(run.name);
  args.AddOid(run.owner);
  AddTimeOrNull(&args, run.scheduled_at);
  AddTimeOrNull(&args, run.started_at);
  args.AddTime(run.finished_at);
  args.AddText(run.result);
  args.AddText(run.reason);
  args.AddText(run.method);
  args.AddInt32(run.attempts);
  if (run.exec_time_ms < 0)
    args.AddNull(FLOAT8OID);
  else
    args.AddFloat8(run.exec_time_ms);
  if (run.wal_bytes < 0)
    args.AddNull(INT8OID);
  else
    args.AddInt64(run.wal_bytes);
  args.AddText(run.sqlstate);
  args.AddText(run.message);
  pg::SpiRun(R"(
INSERT INTO steward.refresh_log (relid, matviewname, owner, scheduled_at, started_at, finished_at, result, reason, method, attempts,
                                 exec_time, wal_bytes, sqlstate, message)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14))",
             args);
}

uint64 PruneHistory(TimestampTz horizon, uint64 batch) {
  pg::SpiArgs args;
  args.AddTime(horizon);
  args.AddInt64(static_cast<int64>(batch));
  return pg::SpiRun(
      "DELETE FROM steward.refresh_log WHERE refresh_id IN (SELECT old.refresh_id FROM "
      "(SELECT l.refresh_id, l.finished_at FROM steward.refresh_log l ORDER BY l.refresh_id LIMIT $2) old "
      "WHERE old.finished_at < $1)",
      args);
}

bool PutSchedule(const ScheduleRequest& request) {
  pg::SpiArgs args;
  args.AddOid(request.relid);
  args.AddOid(request.owner);
  AddInterval(&args, request.every);
  args.AddText(request.method);
  AddInterval(&args, request.timeout);
  if (pg::SpiRun(R"(
UPDATE steward.refresh_schedule
   SET every = coalesce($3, every), method = coalesce($4, method), timeout = coalesce($5, timeout),
       changed_at = CASE WHEN enabled AND owner = $2 AND $3 IS NULL THEN changed_at ELSE pg_catalog.clock_timestamp() END,
       owner = $2, enabled = true
 WHERE relid = $1)",
                 args) > 0)
    return true;
  if (request.every == nullptr) return false;
  pg::SpiRun(R"(
INSERT INTO steward.refresh_schedule (relid, owner, every, method, timeout, enabled, changed_at)
VALUES ($1, $2, $3, coalesce($4, 'auto'), $5, true, pg_catalog.clock_timestamp()))",
             args);
  return true;
}

bool RemoveSchedule(Oid relid) {
  pg::SpiArgs args;
  args.AddOid(relid);
  return pg::SpiRun("DELETE FROM steward.refresh_schedule WHERE relid = $1", args) > 0;
}

bool EnableSchedule(Oid relid, Oid owner, bool enabled) {
  pg::SpiArgs args;
  args.AddOid(relid);
  args.AddOid(owner);
  args.AddBool(enabled);
  return pg::SpiRun(
             "UPDATE steward.refresh_schedule SET enabled = $3, owner = CASE WHEN $3 THEN $2::pg_catalog.oid ELSE "
             "owner END, "
             "changed_at = CASE WHEN $3 THEN pg_catalog.clock_timestamp() ELSE changed_at END WHERE relid = $1",
             args) > 0;
}

}  // namespace steward::refresh
