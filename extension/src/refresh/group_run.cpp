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
    core::Micros duration;
    core::RefreshAlerts alerts;
    bool tell;  // of an alert, once that is stored
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

core::Learned UsualDuration(const ScheduledView& schedule, Method method) {
  return CostOf(schedule.costs, method).duration;
}

// What is over, and what has begun, when costs are those learned since.
void Judge(const FreshView& view, core::Micros staleness, Running::Result* result) {
  ScheduledView next = view.schedule;
  next.costs = result->costs;
  const core::Micros room = next.max_staleness;
  core::NoteSuccess(staleness <= room && PredictedCost(next, view.has_dependents) <= room, &result->alerts);
  const core::Learned usual = UsualDuration(view.schedule, result->outcome.method);
  result->tell = core::NoteDuration({static_cast<double>(result->duration), static_cast<double>(result->outcome.lock_wait)}, usual,
                                    GetCurrentTimestamp(), &result->alerts);
}

void TellDrifted(const ScheduledView& schedule, const Running::Result& result) {
  const double usual = UsualDuration(schedule, result.outcome.method).mean;
  RaiseAlert(schedule, AlertKind::kDrifted, result.alerts.drifted_since,
             psprintf("The last took %.0f ms, those before %.0f ms.", Milliseconds(result.duration), usual / 1000));
}

void TellFailing(const ScheduledView& schedule, const Running::Result& result, const ErrorData* error) {
  RaiseAlert(schedule, AlertKind::kFailing, result.alerts.failing_since,
             psprintf("%d refreshes in a row have failed, the last with SQLSTATE %s.", schedule.failures + 1,
                      unpack_sql_state(error->sqlerrcode)));
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
  return {.relid = schedule.relid,
          .owner = schedule.owner,
          .method = schedule.method,
          .known = QuestionOf(schedule, view.has_dependents),
          .reads_before = schedule.holds.reads,
          .reads_since = schedule.holds.reflects,
          .limit_locks = true,
          .latest_start = LatestStart(running),
          .track = running.track,
          .settings = schedule.settings,
          .snapshot = nullptr};
}

void RefreshMember(Running* running, int member) {
  const int number = running->group.members[member];
  FreshView& view = running->views.all[number];
  const ScheduledView& schedule = view.schedule;
  const TimestampTz began = GetCurrentTimestamp();
  Running::Result& result = running->results[member];
  ExecuteRefresh(RequestFor(*running, view), &result.outcome);
  running->refreshed[number] = true;
  const bool with_parents = SeesParents(running->views, number, running->refreshed, result.holds.change);
  changes::NoteRefresh({schedule.relid, core::kNever, with_parents, false});
  Run run = Describe(*running, view, nullptr);
  DescribeOutcome(result.outcome, began, &run);
  result.changed = !result.outcome.Unchanged();
  // All that it takes the worker, not the command alone: promises are kept by the former.
  result.duration = run.finished_at - (member == 0 ? running->looked_at : began);
  result.holds.reads = result.outcome.reads;
  result.costs = LearnCost(schedule, result.outcome, result.duration);
  Judge(view, run.staleness, &result);
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

// The member at fault has a failed run; the others go back to where they stood.
void Fail(const Running* running, const ErrorData* error) {
  for (int i = 0; i < running->group.count; i++) {
    const FreshView& view = Member(*running, i);
    const ScheduledView& schedule = view.schedule;
    if (i != running->current) {
      MarkDone(schedule.relid, {schedule.slot, schedule.due, schedule.failures, schedule.lock_timeouts});
      continue;
    }
    Running::Result& result = running->results[i];
    const RefreshOutcome& outcome = result.outcome;
    const bool lock_timeout = error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE;
    const int of_plain = lock_timeout && outcome.method == Method::kPlain ? 1 : 0;
    Run run = Describe(*running, view, "failed");
    run.started_at = running->started_at;
    run.exec_time_ms = Milliseconds(run.finished_at - running->started_at);
    run.method = outcome.method == Method::kAuto ? nullptr : MethodName(outcome.method);
    run.lock_wait = outcome.lock_wanted != 0 ? run.finished_at - outcome.lock_wanted : outcome.lock_wait;
    run.sqlstate = unpack_sql_state(error->sqlerrcode);
    run.message = error->detail == nullptr ? error->message : psprintf("%s: %s", error->message, error->detail);
    const core::FailedRefresh failed{schedule.failures + 1,
                                     lock_timeout,
                                     run.finished_at - running->started_at,
                                     PeriodOf(schedule),
                                     LatestStart(*running),
                                     pg_prng_double(&pg_global_prng_state)};
    MarkDone(schedule.relid, {schedule.slot, core::RetryRefreshAt(failed, run.finished_at), failed.consecutive,
                              schedule.lock_timeouts + of_plain});
    result.tell = core::NoteFailure(failed.consecutive, run.finished_at, &result.alerts);
    KeepAlertsIfNew(schedule, result.alerts);
    WriteHistory(run);
  }
}

void Complain(const Running& running, const ErrorData* error) {
  const ScheduledView& schedule = Member(running, running.current).schedule;
  ereport(WARNING, (errcode(error->sqlerrcode),
                    errmsg("could not refresh materialized view \"%s\": %s", schedule.name, error->message),
                    errdetail("Attempt %d in a row.", schedule.failures + 1)));
}

ErrorData* GiveUp(Running* running, const ErrorData* failed) {
  Complain(*running, failed);
  Running::Result& result = running->results[running->current];
  result.alerts = Member(*running, running->current).schedule.alerts;
  ErrorData* error = pg::InTransaction([&] { Fail(running, failed); });
  if (error == nullptr && result.tell) TellFailing(Member(*running, running->current).schedule, result, failed);
  return error;
}

ErrorData* RefreshLocked(Running* running) {
  const ErrorData* failed = RefreshAll(running);
  if (failed != nullptr) return GiveUp(running, failed);
  for (int i = 0; i < running->group.count; i++) {
    const Running::Result& result = running->results[i];
    NoteRefreshed(running->views, running->group.members[i], result.holds, result.changed);
    if (result.tell) TellDrifted(Member(*running, i).schedule, result);
  }
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
