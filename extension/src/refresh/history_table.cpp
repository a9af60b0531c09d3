// See history_table.hpp.
#include "refresh/history_table.hpp"

#include "pg/spi.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

void AddTimeOrNull(pg::SpiArgs* args, TimestampTz value) {
  if (value == 0)
    args->AddNull(TIMESTAMPTZOID);
  else
    args->AddTime(value);
}

void AddCountOrNull(pg::SpiArgs* args, int64 value) {
  if (value == Run::kUnknown)
    args->AddNull(INT8OID);
  else
    args->AddInt64(value);
}

void AddMillisecondsOrNull(pg::SpiArgs* args, double value) {
  if (value < 0)
    args->AddNull(FLOAT8OID);
  else
    args->AddFloat8(value);
}

void AddIntervalOrNull(pg::SpiArgs* args, core::Micros length) {
  if (length < 0) return args->AddNull(INTERVALOID);
  auto* interval = static_cast<Interval*>(palloc0(sizeof(Interval)));
  interval->time = length;
  args->Add(INTERVALOID, IntervalPGetDatum(interval));
}

}  // namespace

Run NewRun(Oid relid, const char* name, Oid owner) {
  Run run = {};
  run.relid = relid;
  run.name = name;
  run.owner = owner;
  run.group = run.rows_inserted = run.rows_deleted = run.wal_bytes = Run::kUnknown;
  run.finished_at = GetCurrentTimestamp();
  run.attempts = 1;
  run.lock_wait = -1;
  run.exec_time_ms = -1;
  run.staleness = -1;
  return run;
}

void DescribeOutcome(const RefreshOutcome& outcome, TimestampTz began, Run* run) {
  run->started_at = began;
  run->result = outcome.Unchanged() ? "unchanged" : "ok";
  run->method = MethodName(outcome.method);
  run->lock_wait = outcome.lock_wait;
  run->exec_time_ms = static_cast<double>(run->finished_at - began) / 1000.0;
  run->wal_bytes = outcome.wal_bytes;
  run->message = outcome.note;
  if (!outcome.rows_known) return;
  run->rows_inserted = outcome.rows_inserted;
  run->rows_deleted = outcome.rows_deleted;
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
  AddMillisecondsOrNull(&args, run.exec_time_ms);
  AddCountOrNull(&args, run.wal_bytes);
  args.AddText(run.sqlstate);
  args.AddText(run.message);
  AddCountOrNull(&args, run.group);
  AddCountOrNull(&args, run.rows_inserted);
  AddCountOrNull(&args, run.rows_deleted);
  AddIntervalOrNull(&args, run.staleness);
  AddMillisecondsOrNull(&args, run.lock_wait < 0 ? -1 : static_cast<double>(run.lock_wait) / 1000.0);
  pg::SpiRun(R"(
INSERT INTO steward.refresh_log (relid, matviewname, owner, scheduled_at, started_at, finished_at, result, reason, method, attempts,
                                 exec_time, wal_bytes, sqlstate, message, group_id, rows_inserted, rows_deleted, staleness_before,
                                 lock_wait_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19))",
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

}  // namespace steward::refresh
