// See view_table.hpp. The worker runs with search_path = pg_catalog, pg_temp; everything else is qualified.
#include "refresh/view_table.hpp"

#include "pg/extension_table.hpp"
#include "store/visit_board.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

core::Micros Length(const Interval* interval) {
  return core::IntervalLength({interval->month, interval->day, interval->time});
}

// A row of the last result, copied to where the views are kept.
class Row {
 public:
  Row(MemoryContext context, uint64 row) : context_(context), row_(row) {}

  Datum Get(int column, Datum fallback = 0) const {
    bool is_null = true;
    const Datum value = pg::SpiValue(row_, column, &is_null);
    return is_null ? fallback : value;
  }
  Oid GetOid(int column) const { return DatumGetObjectId(Get(column)); }
  TimestampTz GetTime(int column) const { return DatumGetTimestampTz(Get(column)); }
  TimestampTz GetTimeOrNever(int column) const { return DatumGetTimestampTz(Get(column, TimestampTzGetDatum(core::kNever))); }
  core::Micros GetLength(int column) const {
    const Datum value = Get(column);
    return value == 0 ? core::kNever : Length(DatumGetIntervalP(value));
  }
  const char* GetText(int column) const {
    const char* text = pg::SpiString(row_, column);
    return text == nullptr ? nullptr : MemoryContextStrdup(context_, text);
  }
  Datum GetArray(int column) const {
    const MemoryContext before = MemoryContextSwitchTo(context_);
    const Datum copy = datumCopy(PointerGetDatum(PG_DETOAST_DATUM(Get(column))), false, -1);
    MemoryContextSwitchTo(before);
    return copy;
  }

 private:
  MemoryContext context_;
  uint64 row_;
};

Mode ParseMode(const char* text) {
  if (strcmp(text, "every") == 0) return Mode::kEvery;
  if (strcmp(text, "cron") == 0) return Mode::kCron;
  if (strcmp(text, "downstream") == 0) return Mode::kDownstream;
  return Mode::kMaxStaleness;
}

// How long a run may take when the schedule does not say.
core::Micros DefaultTimeout(const ScheduledView& view) {
  return core::DefaultTimeout(view.every != core::kNever ? view.every : core::kHour);
}

void ReadCosts(Datum value, LearnedCosts* costs) {
  if (value == 0) return;
  Datum* elements = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  deconstruct_array(DatumGetArrayTypeP(value), FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements, &nulls,
                    &count);
  costs->count = Min(count, LearnedCosts::kMost);
  for (int i = 0; i < costs->count; i++) costs->values[i] = nulls[i] ? 0 : DatumGetFloat8(elements[i]);
}

Datum CostArray(const LearnedCosts& costs) {
  Datum elements[LearnedCosts::kMost];
  for (int i = 0; i < costs.count; i++) elements[i] = Float8GetDatum(costs.values[i]);
  return PointerGetDatum(
      construct_array(elements, costs.count, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

void ReadSchedule(const Row& row, ScheduledView* view) {
  view->relid = row.GetOid(1);
  view->owner = row.GetOid(2);
  view->exists = OidIsValid(row.GetOid(3));
  view->actual_owner = row.GetOid(4);
  strlcpy(view->name, row.GetText(5), sizeof view->name);
  view->mode = ParseMode(row.GetText(6));
  view->max_staleness = Max(row.GetLength(7), core::kShortestPeriod);
  view->every = row.GetLength(8);
  if (view->every != core::kNever) view->every = Max(view->every, core::kShortestPeriod);
  view->cron = row.GetText(9);
  view->timezone = row.GetText(10);
  view->blackout = row.GetText(11);
  view->priority = DatumGetInt32(row.Get(12));
  view->timeout = row.GetLength(13);
  if (view->timeout == core::kNever) view->timeout = DefaultTimeout(*view);
  view->method = ParseMethod(row.GetText(14));
  view->settings = row.GetArray(15);
  view->changed_at = row.GetTime(16);
}

void ReadState(const Row& row, ScheduledView* view) {
  view->begun = DatumGetBool(row.Get(17));
  view->alerts = core::RefreshAlerts();
  const TimestampTz made = Min(view->changed_at, GetCurrentTimestamp());  // unless the clock was set back since
  view->slot = view->begun ? row.GetTime(18) : made;
  view->due = view->begun ? row.GetTime(19) : made;
  ReadCosts(row.Get(25), &view->costs);
  if (!view->begun) return;
  view->failures = DatumGetInt32(row.Get(20));
  view->lock_timeouts = DatumGetInt32(row.Get(27));
  view->alerts = {row.GetTimeOrNever(28), row.GetTimeOrNever(29), row.GetTimeOrNever(30), DatumGetInt32(row.Get(31))};
  view->holds.reflects = row.GetTime(21);
  view->holds.change = static_cast<uint64>(DatumGetInt64(row.Get(22)));
  view->holds.definition = static_cast<uint64>(DatumGetInt64(row.Get(23)));
  view->holds.counters = static_cast<uint64>(DatumGetInt64(row.Get(24)));
  view->holds.reads = static_cast<uint64>(DatumGetInt64(row.Get(26)));
}

}  // namespace

core::Micros PeriodOf(const ScheduledView& view) {
  if (view.every != core::kNever) return view.every;
  if (view.max_staleness != core::kNever) return view.max_staleness;
  return view.mode == Mode::kCron ? core::kLongestPeriod : core::kMinute;
}

Oid TablesOwner() {
  return pg::ExtensionTableOwner("refresh_state");
}

int ReadViews(MemoryContext context, ScheduledView** views) {
  pg::SpiArgs args;
  args.AddInt64(store::BoardBootId());
  const uint64 rows = pg::SpiRun(R"(
SELECT s.relid::pg_catalog.oid, s.owner::pg_catalog.oid, c.oid, c.relowner, coalesce(c.relname, s.relid::pg_catalog.text::name),
       s.mode, s.max_staleness, s.every, s.cron, s.timezone, s.blackout, s.priority, s.timeout, s.method, s.settings, s.changed_at,
       st.changed_at = s.changed_at, st.slot, st.next_due, st.consecutive_failures, st.reflects,
       CASE WHEN st.seen_boot = $1 THEN st.seen_change END, st.seen_definition, st.seen_counters, st.costs,
       st.seen_reads, st.lock_timeouts, st.failing_since, st.late_since, st.drifted_since, st.drifts
  FROM steward.refresh_schedule s
  LEFT JOIN steward.refresh_state st ON st.relid = s.relid
  LEFT JOIN pg_catalog.pg_class c ON c.oid = s.relid AND c.relkind = 'm'
 WHERE s.enabled
 ORDER BY s.relid)",
                                 args);
  *views = static_cast<ScheduledView*>(
      MemoryContextAllocZero(context, Max(rows, uint64{1}) * sizeof(ScheduledView)));
  for (uint64 i = 0; i < rows; i++) {
    const Row row(context, i);
    ReadSchedule(row, &(*views)[i]);
    ReadState(row, &(*views)[i]);
  }
  return static_cast<int>(rows);
}

void MarkStarted(const ScheduledView& view, TimestampTz now, const char* reason) {
  pg::SpiArgs args;
  args.AddOid(view.relid);
  args.AddTime(view.changed_at);
  args.AddTime(view.slot);
  args.AddTime(view.due);
  args.AddInt32(view.failures);
  args.AddTime(now);
  args.AddInt64(store::BoardBootId());
  args.AddText(reason);
  pg::SpiRun(R"(
INSERT INTO steward.refresh_state AS st
       (relid, changed_at, slot, next_due, consecutive_failures, interruptions, running_since, running_boot, running_reason)
VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8)
    ON CONFLICT (relid) DO UPDATE
   SET interruptions = CASE WHEN st.changed_at = excluded.changed_at THEN st.interruptions ELSE 0 END,
       failing_since = CASE WHEN st.changed_at = excluded.changed_at THEN st.failing_since END,
       late_since = CASE WHEN st.changed_at = excluded.changed_at THEN st.late_since END,
       drifted_since = CASE WHEN st.changed_at = excluded.changed_at THEN st.drifted_since END,
       drifts = CASE WHEN st.changed_at = excluded.changed_at THEN st.drifts ELSE 0 END,
       seen_boot = CASE WHEN st.changed_at = excluded.changed_at THEN st.seen_boot END,
       changed_at = excluded.changed_at, slot = excluded.slot, next_due = excluded.next_due,
       consecutive_failures = excluded.consecutive_failures, running_since = excluded.running_since,
       running_boot = excluded.running_boot, running_reason = excluded.running_reason)",
             args);
}

void MarkDone(Oid relid, const Next& next) {
  pg::SpiArgs args;
  args.AddOid(relid);
  args.AddTime(next.slot);
  args.AddTime(next.due);
  args.AddInt32(next.failures);
  args.AddInt32(next.lock_timeouts);
  pg::SpiRun(R"(
UPDATE steward.refresh_state
   SET slot = $2, next_due = $3, consecutive_failures = $4, lock_timeouts = $5, interruptions = 0,
       running_since = NULL, running_boot = NULL, running_reason = NULL
 WHERE relid = $1)",
             args);
}

void AddHolds(const Holds& holds, pg::SpiArgs* args) {
  args->AddTime(holds.reflects);
  args->AddInt64(static_cast<int64>(holds.change));
  args->AddInt64(store::BoardBootId());
  args->AddInt64(static_cast<int64>(holds.definition));
  args->AddInt64(static_cast<int64>(holds.counters));
  args->AddInt64(static_cast<int64>(holds.reads));
}

void KeepHolds(Oid relid, const Holds& holds, const LearnedCosts& costs) {
  pg::SpiArgs args;
  args.AddOid(relid);
  AddHolds(holds, &args);
  args.Add(FLOAT8ARRAYOID, CostArray(costs));
  pg::SpiRun(R"(
UPDATE steward.refresh_state
   SET reflects = $2, seen_change = $3, seen_boot = $4, seen_definition = $5, seen_counters = $6, seen_reads = $7,
       costs = $8
 WHERE relid = $1)",
             args);
}

void KeepTimes(const ScheduledView& view) {
  pg::SpiArgs args;
  args.AddOid(view.relid);
  args.AddTime(view.slot);
  args.AddTime(view.due);
  args.AddTime(view.holds.reflects);
  pg::SpiRun(
      "UPDATE steward.refresh_state SET slot = $2, next_due = $3, reflects = CASE WHEN reflects IS NOT NULL THEN $4 END "
      "WHERE relid = $1",
      args);
}

void KeepAlerts(Oid relid, const core::RefreshAlerts& alerts) {
  pg::SpiArgs args;
  args.AddOid(relid);
  const core::Micros times[] = {alerts.failing_since, alerts.late_since, alerts.drifted_since};
  for (const core::Micros since : times) {
    if (since == core::kNever) args.AddNull(TIMESTAMPTZOID);
    else args.AddTime(since);
  }
  args.AddInt32(alerts.drifts);
  pg::SpiRun(
      "UPDATE steward.refresh_state SET failing_since = $2, late_since = $3, drifted_since = $4, drifts = $5 WHERE relid = $1",
      args);
}

void MarkLooked(const ScheduledView& view, TimestampTz slot) {
  pg::SpiArgs args;
  args.AddOid(view.relid);
  args.AddTime(slot);
  pg::SpiRun("UPDATE steward.refresh_state SET slot = $2, next_due = $2 WHERE relid = $1", args);
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

}  // namespace steward::refresh
