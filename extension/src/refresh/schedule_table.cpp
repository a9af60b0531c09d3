// See schedule_table.hpp. The functions run with search_path = pg_catalog, pg_temp; everything else is qualified.
#include "refresh/schedule_table.hpp"

#include "pg/spi.hpp"
#include "refresh/session_settings.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

void AddInterval(pg::SpiArgs* args, const Interval* interval) {
  if (interval == nullptr)
    args->AddNull(INTERVALOID);
  else
    args->Add(INTERVALOID, IntervalPGetDatum(interval));
}

void AddRequest(const ScheduleRequest& request, pg::SpiArgs* args) {
  args->AddOid(request.relid);
  args->AddOid(request.owner);
  args->AddText(request.mode);
  AddInterval(args, request.max_staleness);
  AddInterval(args, request.every);
  args->AddText(request.cron);
  args->AddText(request.timezone);
  args->AddText(request.blackout);
  if (request.priority == nullptr)
    args->AddNull(INT4OID);
  else
    args->AddInt32(*request.priority);
  args->AddText(request.method);
  AddInterval(args, request.timeout);
  args->Add(TEXTARRAYOID, SettingsOfSession());
}

}  // namespace

bool PutSchedule(const ScheduleRequest& request) {
  pg::SpiArgs args;
  AddRequest(request, &args);
  if (pg::SpiRun(R"(
UPDATE steward.refresh_schedule
   SET mode = coalesce($3, mode), max_staleness = CASE WHEN $3 IS NULL THEN max_staleness ELSE $4 END,
       every = CASE WHEN $3 IS NULL THEN every ELSE $5 END, cron = CASE WHEN $3 IS NULL THEN cron ELSE $6 END,
       timezone = coalesce($7, timezone), blackout = nullif(coalesce($8, blackout), ''), priority = coalesce($9, priority),
       method = coalesce($10, method), timeout = coalesce($11, timeout),
       settings = CASE WHEN $3 IS NULL AND owner = $2 THEN settings ELSE $12 END,
       changed_at = CASE WHEN enabled AND owner = $2 AND coalesce($7, timezone) = timezone
                          AND ($3 IS NULL OR ($3, $4, $5, $6, $12) IS NOT DISTINCT FROM (mode, max_staleness, every, cron, settings))
                         THEN changed_at ELSE pg_catalog.clock_timestamp() END,
       owner = $2, enabled = true
 WHERE relid = $1)",
                 args) > 0)
    return true;
  if (request.mode == nullptr) return false;
  pg::SpiRun(R"(
INSERT INTO steward.refresh_schedule (relid, owner, mode, max_staleness, every, cron, timezone, blackout, priority, method, timeout,
                                      settings, enabled, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, coalesce($7, pg_catalog.current_setting('TimeZone')), nullif($8, ''), coalesce($9, 0),
        coalesce($10, 'auto'), $11, $12, true, pg_catalog.clock_timestamp()))",
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

}  // namespace steward::refresh
