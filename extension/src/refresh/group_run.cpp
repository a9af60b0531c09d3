// See group_run.hpp. Three transactions: marks; refreshes with their lines of history, so that "ok" is there exactly when
// the data is; and after a failure its line of history.
#include "refresh/group_run.hpp"

#include "changes/collect.hpp"
#include "core/refresh_plan.hpp"
#include "pg/transaction.hpp"
#include "refresh/alerts.hpp"
#include "refresh/decide.hpp"
#include "refresh/execute.hpp"
#include "refresh/history_table.hpp"
#include "refresh/next_look.hpp"
#include "refresh/schedule_table.hpp"
#include "refresh/sources.hpp"

extern "C" {
#include "common/pg_prng.h"
#include "pgstat.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

constexpr core::Micros kLongestSkip = 10 * core::kSecond;

// What a run carries from one transaction to the next.
struct Running {
  Views views;
  Group group;
  const char* track;
  TimestampTz looked_at;
  TimestampTz started_at;
  int64 id;       // of a group of several
  int current;    // the member being refreshed
  int locked;     // the first so many members are
  struct Result {
    Holds holds;
    LearnedCosts costs;
    RefreshOutcome outcome;
    bool changed;
    core::RefreshAlerts alerts;
  };
  Result* results;  // by member
  bool* refreshed;  // by view
};

FreshView& Member(const Running& running, int member) {
  return running.views.all[running.group.members[member]];
}

const char* Reason(const ScheduledView& schedule) {
  if (schedule.failures > 0) return "retry";
  return schedule.begun && schedule.mode != Mode::kEvery && schedule.mode != Mode::kCron ? "changed" : "due";
}

Run Describe(const Running& running, const FreshView& view, const char* result) {
  const ScheduledView& schedule = view.schedule;
  Run run = NewRun(schedule.relid, schedule.name, schedule.exists ? schedule.actual_owner : schedule.owner);
  run.group = running.group.count > 1 ? running.id : Run::kUnknown;
  run.scheduled_at = schedule.slot;
  run.result = result;
  run.reason = Reason(schedule);
  run.attempts = schedule.failures + 1;
  run.staleness = view.lacks.any == 0 ? 0 : Max(run.finished_at - view.lacks.any, 0);
  return run;
}

double Milliseconds(core::Micros length) {
  return static_cast<double>(length) / 1000.0;
}

// Someone else is refreshing the view: that serves this look, too. The longer it has been so, the less often it is asked.
void Skip(const Running& running, const FreshView& view) {
  Run run = Describe(running, view, "skipped");
  run.message = "another session was refreshing the materialized view";
  const TimestampTz slot = NextSlot(view.schedule, run.finished_at);
  MarkStarted(view.schedule, run.finished_at, run.reason);
  const core::Micros behind = view.lacks.any == 0 ? 0 : run.finished_at - view.lacks.any;
  const core::Micros again = run.finished_at + Min(Max(behind / 8, core::kSecond), kLongestSkip);
  MarkDone(view.schedule.relid, {slot, Max(slot, again), view.schedule.failures, view.schedule.lock_timeouts});
  WriteHistory(run);
}

// What is read now is what the refresh will read, or older: a later definition makes the view dirty again. The locks are the
// session's: an error leaves them.
bool Begin(Running* running) {
  for (int i = 0; i < running->group.count; i++) {
    FreshView& view = Member(*running, i);
    if (!TryLockView(view.schedule.relid, true)) {
      Skip(*running, view);
      return false;
    }
    running->locked = i + 1;
  }
  for (int i = 0; i < running->group.count; i++) {
    FreshView& view = Member(*running, i);
    ReadSources(&view);
    WatchSources(&view);
    running->results[i].holds = BeforeSnapshot(view);
    MarkStarted(view.schedule, running->started_at, Reason(view.schedule));
  }
  return true;
}

bool Same(const core::RefreshAlerts& a, const core::RefreshAlerts& b) {
  return a.failing_since == b.failing_since && a.late_since == b.late_since && a.drifted_since == b.drifted_since &&
         a.drifts == b.drifts;
}

void KeepAlertsIfNew(const ScheduledView& schedule, const core::RefreshAlerts& alerts) {
  if (!Same(schedule.alerts, alerts)) KeepAlerts(schedule.relid, alerts);
}

// What is over, and what has begun; `costs` are those learned since.
void Judge(const FreshView& view, const LearnedCosts& costs, const RefreshOutcome& outcome, core::Micros duration,
           core::Micros staleness, core::RefreshAlerts* alerts) {
  const ScheduledView& schedule = view.schedule;
  const core::Learned known = CostOf(schedule.costs, outcome.method).duration;
  ScheduledView next = schedule;
  next.costs = costs;
  const core::Micros room = schedule.max_staleness;
  core::NoteSuccess(staleness <= room && PredictedCost(next, view.has_dependents) <= room, alerts);
  if (core::NoteDuration(static_cast<double>(duration), known, GetCurrentTimestamp(), alerts))
    RaiseAlert(schedule, AlertKind::kDrifted, alerts->drifted_since,
               psprintf("The last took %.0f ms, those before %.0f ms.", Milliseconds(duration), known.mean / 1000));
}

void Finish(const Running* running, int member, TimestampTz now) {
  const ScheduledView& schedule = Member(*running, member).schedule;
  const TimestampTz slot = NextSlot(schedule, now);
  MarkDone(schedule.relid, {slot, slot, 0, 0});
  KeepAlertsIfNew(schedule, running->results[member].alerts);
  KeepHolds(schedule.relid, running->results[member].holds, running->results[member].costs);
}

// The member of that number, or -1.
int MemberOf(const Running& running, int view) {
  for (int i = 0; i < running.group.count; i++)
    if (running.group.members[i] == view) return i;
  return -1;
}

// A member whose parents turned out to have the rows they had lacks nothing any more, as far as was known at the look.
bool NeedsRefresh(const Running& running, int member) {
  const FreshView& view = Member(running, member);
  if (view.lacks.direct != 0 || view.lacks.inherited != 0 || view.sources.by_time || member == 0) return true;
  for (int i = 0; i < view.sources.nparents; i++) {
    const int parent = view.sources.parents[i];
    const int before = MemberOf(running, parent);
    const bool settled = before >= 0 && before < member && !running.results[before].changed;
    if (running.views.all[parent].lacks.any != 0 && !settled) return true;
  }
  return false;
}

// The latest start that lets the group be done in time; kNever: it has no deadline.
core::Micros LatestStart(const Running& running) {
  if (running.group.deadline == core::kNever) return core::kNever;
  core::Micros cost = 0;
  for (int i = 0; i < running.group.count; i++)
    cost += PredictedCost(Member(running, i).schedule, Member(running, i).has_dependents);
  return running.group.deadline - cost;
}

RefreshRequest RequestFor(const Running& running, const FreshView& view) {
  const ScheduledView& schedule = view.schedule;
  return {schedule.relid,
          schedule.owner,
          schedule.method,
          QuestionOf(schedule, view.has_dependents),
          schedule.holds.reads,
          schedule.holds.reflects,
          true,
          LatestStart(running),
          running.track,
          schedule.settings,
          nullptr};
}

void RefreshMember(Running* running, int member) {
  const int number = running->group.members[member];
  FreshView& view = running->views.all[number];
  const ScheduledView& schedule = view.schedule;
  const TimestampTz began = GetCurrentTimestamp();
  RefreshOutcome& outcome = running->results[member].outcome;
  ExecuteRefresh(RequestFor(*running, view), &outcome);
  running->refreshed[number] = true;
  changes::NoteRefresh({schedule.relid, core::kNever, SeesParents(running->views, number, running->refreshed, running->results[member].holds.change), false});
  Run run = Describe(*running, view, outcome.Unchanged() ? "unchanged" : "ok");
  run.started_at = began;
  run.method = MethodName(outcome.method);
  run.lock_wait = outcome.lock_wait;
  run.exec_time_ms = Milliseconds(run.finished_at - began);
  run.wal_bytes = outcome.wal_bytes;
  if (outcome.rows_known) {
    run.rows_inserted = outcome.rows_inserted;
    run.rows_deleted = outcome.rows_deleted;
  }
  run.message = outcome.note;
  running->results[member].changed = !outcome.Unchanged();
  // All that it takes the worker, not the command alone: promises are kept by the former.
  const TimestampTz since = member == 0 ? running->looked_at : began;
  running->results[member].holds.reads = outcome.reads;
  running->results[member].costs = LearnCost(schedule, outcome, run.finished_at - since);
  Judge(view, running->results[member].costs, outcome, run.finished_at - since, run.staleness, &running->results[member].alerts);
  Finish(running, member, run.finished_at);
  WriteHistory(run);
}

// It holds what it held: a change since the look is one that it lacks.
void PassOver(Running* running, int member) {
  running->results[member].holds = Member(*running, member).schedule.holds;
  Finish(running, member, GetCurrentTimestamp());
}

core::Micros TimeoutOf(const Running& running) {
  core::Micros timeout = 0;
  for (int i = 0; i < running.group.count; i++) {
    const core::Micros own = Member(running, i).schedule.timeout;
    timeout = own > core::kNever - timeout ? core::kNever : timeout + own;
  }
  return timeout;
}

// Several views must read one state. The timeout's handler asks for a cancel; one that comes too late must not hit what
// follows.
ErrorData* RefreshAll(Running* running) {
  const core::Micros ms = TimeoutOf(*running) / 1000;
  if (ms > 0 && ms < INT_MAX) enable_timeout_after(STATEMENT_TIMEOUT, static_cast<int>(ms));
  const char* isolation = running->group.count > 1 ? "repeatable read" : "read committed";
  SetConfigOption("default_transaction_isolation", isolation, PGC_USERSET, PGC_S_OVERRIDE);
  ErrorData* error = pg::InTransaction([running] {
    for (int i = 0; i < running->group.count; i++) {
      running->current = i;
      if (NeedsRefresh(*running, i)) RefreshMember(running, i);
      else PassOver(running, i);
    }
  });
  SetConfigOption("default_transaction_isolation", "read committed", PGC_USERSET, PGC_S_OVERRIDE);
  disable_timeout(STATEMENT_TIMEOUT, false);
  QueryCancelPending = false;
  return error;
}

// With one more, if that is what happened.
int CountLockTimeout(int timeouts, const RefreshOutcome& outcome, bool lock_timeout) {
  return lock_timeout && outcome.method == Method::kPlain ? timeouts + 1 : timeouts;
}

void TellFailing(const ScheduledView& schedule, int consecutive, const Run& run) {
  core::RefreshAlerts alerts = schedule.alerts;
  if (!core::NoteFailure(consecutive, run.finished_at, &alerts)) return;
  KeepAlerts(schedule.relid, alerts);
  RaiseAlert(schedule, AlertKind::kFailing, run.finished_at,
             psprintf("%d refreshes in a row have failed, the last with SQLSTATE %s.", consecutive, run.sqlstate));
}

// The member at fault has a failed run; the others go back to where they stood.
void Fail(const Running& running, const ErrorData* error) {
  for (int i = 0; i < running.group.count; i++) {
    const FreshView& view = Member(running, i);
    const ScheduledView& schedule = view.schedule;
    if (i != running.current) {
      MarkDone(schedule.relid, {schedule.slot, schedule.due, schedule.failures, schedule.lock_timeouts});
      continue;
    }
    const RefreshOutcome& outcome = running.results[i].outcome;
    const bool lock_timeout = error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;
    Run run = Describe(running, view, "failed");
    run.started_at = running.started_at;
    run.exec_time_ms = Milliseconds(run.finished_at - running.started_at);
    run.method = outcome.method == Method::kAuto ? nullptr : MethodName(outcome.method);
    run.lock_wait = outcome.lock_wanted != 0 ? run.finished_at - outcome.lock_wanted : outcome.lock_wait;
    run.sqlstate = unpack_sql_state(error->sqlerrcode);
    run.message = error->detail == nullptr ? error->message : psprintf("%s: %s", error->message, error->detail);
    const core::FailedRefresh failed{schedule.failures + 1,
                                     lock_timeout,
                                     run.finished_at - running.started_at,
                                     PeriodOf(schedule),
                                     LatestStart(running),
                                     pg_prng_double(&pg_global_prng_state)};
    MarkDone(schedule.relid, {schedule.slot, core::RetryRefreshAt(failed, run.finished_at), failed.consecutive,
                              CountLockTimeout(schedule.lock_timeouts, outcome, lock_timeout)});
    TellFailing(schedule, failed.consecutive, run);
    WriteHistory(run);
  }
}

void Complain(const Running& running, const ErrorData* error) {
  const ScheduledView& schedule = Member(running, running.current).schedule;
  ereport(WARNING, (errcode(error->sqlerrcode),
                    errmsg("could not refresh materialized view \"%s\": %s", schedule.name, error->message),
                    errdetail("Attempt %d in a row.", schedule.failures + 1)));
}

ErrorData* RefreshLocked(Running* running) {
  ErrorData* failed = RefreshAll(running);
  if (failed != nullptr) {
    Complain(*running, failed);
    return pg::InTransaction([&] { Fail(*running, failed); });
  }
  for (int i = 0; i < running->group.count; i++)
    NoteRefreshed(running->views, running->group.members[i], running->results[i].holds, running->results[i].changed);
  return nullptr;
}

// A schedule that cannot be followed ends here.
void Stop(const ScheduledView& view) {
  Run run = NewRun(view.relid, view.name, view.exists ? view.actual_owner : view.owner);
  run.scheduled_at = view.slot;
  run.attempts = view.failures + 1;
  run.reason = "due";
  if (!view.exists) {
    run.result = "skipped";
    run.message = "the materialized view was dropped; its schedule was removed";
    DropSchedule(view.relid);
  } else {
    run.result = "failed";
    run.sqlstate = "42501";
    run.message =
        "the materialized view has got another owner; its schedule is disabled until steward.resume_refresh()";
    DisableSchedule(view.relid);
  }
  MarkStarted(view, run.finished_at, run.reason);
  MarkDone(view.relid, {view.slot, run.finished_at + core::kMinute, view.failures, view.lock_timeouts});
  WriteHistory(run);
}

}  // namespace

bool StopIfLost(const ScheduledView& view, ErrorData** error) {
  if (view.exists && view.actual_owner == view.owner) return false;
  *error = pg::InTransaction([&] { Stop(view); });
  return true;
}

ErrorData* RunGroup(const Views& views, const Group& group, const char* track) {
  Running running = {views, group, track, group.looked_at, GetCurrentTimestamp(), 0, 0, 0, nullptr, nullptr};
  running.results =
      static_cast<Running::Result*>(palloc0(sizeof(Running::Result) * static_cast<Size>(Max(group.count, 1))));
  running.refreshed = static_cast<bool*>(palloc0(sizeof(bool) * static_cast<Size>(views.count)));
  for (int i = 0; i < group.count; i++) {
    running.results[i].costs = Member(running, i).schedule.costs;
    running.results[i].alerts = Member(running, i).schedule.alerts;
  }
  running.id = running.started_at;
  pgstat_report_activity(STATE_RUNNING, psprintf("refresh of materialized view %s", Member(running, 0).schedule.name));
  bool begun = false;
  ErrorData* error = pg::InTransaction([&] { begun = Begin(&running); });
  if (error == nullptr && begun) error = RefreshLocked(&running);
  for (int i = 0; i < running.locked; i++) UnlockView(Member(running, i).schedule.relid, true);
  pgstat_report_activity(STATE_IDLE, nullptr);
  return error;
}

}  // namespace steward::refresh
