// See refresh_now.hpp. Locks first, then what the views hold, then the snapshot, and only then which of them lack changes: so
// whatever the snapshot contains is noticed, and no view gets older rows than it had.
// What comes along does so in the caller's session, whose temporary objects and settings its code meets, and is locked until the
// caller's transaction ends. So only views come along whose owner the caller could be, as for a REFRESH of his own.
#include "refresh/refresh_now.hpp"

#include "changes/collect.hpp"
#include "pg/spi.hpp"
#include "refresh/decide.hpp"
#include "refresh/execute.hpp"
#include "refresh/freshness.hpp"
#include "refresh/history_table.hpp"
#include "refresh/manual_table.hpp"
#include "refresh/next_look.hpp"
#include "refresh/open_tables.hpp"
#include "refresh/sources.hpp"

extern "C" {
#include "access/xact.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/acl.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

struct Work {
  NowRequest request;
  Oid caller;
  TimestampTz started_at;
  Views views;    // that are scheduled, and the one asked for
  bool* mine;     // that the caller may refresh
  int target;     // its number
  bool scheduled; // it is one of those
  List* locked;   // views, each as often as it was
  bool* refreshed;
  bool* changed;
  Holds* holds;
};

// The view asked for where it has no schedule that is followed.
ScheduledView Unscheduled(const NowRequest& request) {
  ScheduledView view = {};
  view.relid = request.relid;
  view.owner = view.actual_owner = request.owner;
  view.exists = true;
  strlcpy(view.name, request.name, sizeof view.name);
  view.max_staleness = view.every = core::kNever;
  view.method = Method::kAuto;
  return view;
}

int Find(const Views& views, Oid relid) {
  for (int i = 0; i < views.count; i++)
    if (views.all[i].schedule.relid == relid) return i;
  return -1;
}

// The views as they are scheduled now, and what they read.
void Read(Work* work) {
  const MemoryContext context = CurrentMemoryContext;
  const pg::RoleSwitch before = OpenTables();
  ScheduledView* schedules = nullptr;
  const int count = ReadViews(context, &schedules);
  Views& views = work->views;
  views.count = 0;
  views.all = static_cast<FreshView*>(MemoryContextAllocZero(context, sizeof(FreshView) * static_cast<Size>(count + 1)));
  for (int i = 0; i < count; i++)
    if (schedules[i].exists && schedules[i].actual_owner == schedules[i].owner) views.all[views.count++].schedule = schedules[i];
  work->scheduled = Find(views, work->request.relid) >= 0;
  if (!work->scheduled) views.all[views.count++].schedule = Unscheduled(work->request);
  MemoryContextSwitchTo(context);
  for (int i = 0; i < views.count; i++) {
    FreshView* view = &views.all[i];
    ReadSources(view);
    if (work->scheduled || view->schedule.relid != work->request.relid) WatchSources(view);
  }
  OrderViews(views.all, views.count);
  CloseTables(before);
  work->target = Find(views, work->request.relid);
  work->mine = static_cast<bool*>(palloc(sizeof(bool) * static_cast<Size>(views.count)));
  for (int i = 0; i < views.count; i++) work->mine[i] = has_privs_of_role(work->caller, views.all[i].schedule.owner);
}

// All that may have to be refreshed. Returns the name of one that another session is refreshing, or nullptr.
const char* LockAll(Work* work) {
  int count = 0;
  const int* needed = Needed(work->views, work->target, nullptr, work->mine, &count);
  for (int i = 0; i < count; i++) {
    const ScheduledView& view = work->views.all[needed[i]].schedule;
    if (!work->mine[needed[i]]) continue;
    if (!TryLockView(view.relid, false)) return view.name;
    work->locked = lappend_oid(work->locked, view.relid);
  }
  return nullptr;
}

// Nothing was refreshed, so nobody has to wait for the end of the transaction.
void UnlockAll(const Work& work) {
  for (int i = 0; i < list_length(work.locked); i++) UnlockView(list_nth_oid(work.locked, i), false);
}

void Record(const Work& work, const FreshView& view, const RefreshOutcome& outcome, TimestampTz began) {
  const ScheduledView& schedule = view.schedule;
  Run run = NewRun(schedule.relid, schedule.name, schedule.actual_owner);
  DescribeOutcome(outcome, began, &run);
  run.group = work.started_at;
  run.reason = "manual";
  const core::Micros since = store::GetViewLacks(schedule.relid).any;
  if (since != 0) run.staleness = Max(run.finished_at - since, 0);
  WriteHistory(run);
}

bool RecordSkipped(const Work& work, const char* busy) {
  UnlockAll(work);
  ereport(NOTICE, (errmsg("another session is refreshing materialized view \"%s\", skipping", busy)));
  Run run = NewRun(work.request.relid, work.request.name, work.request.owner);
  run.started_at = work.started_at;
  run.result = "skipped";
  run.reason = "manual";
  run.message = psprintf("another session was refreshing materialized view \"%s\"", busy);
  const pg::RoleSwitch before = OpenTables();
  WriteHistory(run);
  CloseTables(before);
  return false;
}

Method MethodFor(const Work& work, int number) {
  const bool given = number == work.target && work.request.method != nullptr;
  return given ? ParseMethod(work.request.method) : work.views.all[number].schedule.method;
}

// Whether the parents may be locked.
bool AllMine(const Work& work, int number) {
  const Sources& sources = work.views.all[number].sources;
  bool all = true;
  for (int i = 0; i < sources.nparents; i++) all &= work.mine[sources.parents[i]];
  return all;
}

// One that keeps its transaction's snapshot may have an older one than the views' rows are of: nothing is promised then.
void Tell(const Work& work, int number) {
  const Oid relid = work.views.all[number].schedule.relid;
  if (IsolationUsesXactSnapshot()) return;
  const bool with_parents =
      AllMine(work, number) && SeesParents(work.views, number, work.refreshed, work.holds[number].change);
  changes::NoteRefresh({relid, core::kNever, with_parents, true});
  if (number != work.target || work.scheduled) KeepManual(relid, work.holds[number]);
}

void RefreshOne(Work* work, int number, Snapshot snapshot) {
  const FreshView& view = work->views.all[number];
  const ScheduledView& schedule = view.schedule;
  RefreshRequest request = {};
  request.relid = schedule.relid;
  request.owner = number == work->target ? work->request.owner : schedule.owner;
  request.method = MethodFor(*work, number);
  request.known = QuestionOf(schedule, view.has_dependents);
  request.reads_before = schedule.holds.reads;
  request.reads_since = schedule.holds.reflects;
  request.settings = schedule.settings;
  request.snapshot = snapshot;
  const TimestampTz began = GetCurrentTimestamp();
  RefreshOutcome outcome;
  pg::SpiOpen();
  ExecuteRefresh(request, &outcome);
  pg::SpiClose();
  work->refreshed[number] = true;
  work->changed[number] = !outcome.Unchanged();
  work->holds[number].reads = outcome.reads;
  const pg::RoleSwitch before = OpenTables();
  Tell(*work, number);
  Record(*work, view, outcome, began);
  CloseTables(before);
}

bool ParentsChanged(const Work& work, int number) {
  const Sources& sources = work.views.all[number].sources;
  bool changed = false;
  for (int i = 0; i < sources.nparents; i++) changed |= work.changed[sources.parents[i]];
  return changed;
}

void LeaveToWorker(const FreshView& view) {
  ereport(NOTICE, (errmsg("materialized view \"%s\" lacks changes and is left to its schedule", view.schedule.name),
                   errdetail("You do not have the privileges of its owner.")));
}

void RefreshAll(Work* work) {
  const Views& views = work->views;
  const auto size = static_cast<Size>(views.count);
  work->refreshed = static_cast<bool*>(palloc0(sizeof(bool) * size));
  work->changed = static_cast<bool*>(palloc0(sizeof(bool) * size));
  work->holds = static_cast<Holds*>(palloc0(sizeof(Holds) * size));
  for (int i = 0; i < views.count; i++) work->holds[i] = BeforeSnapshot(views.all[i]);
  const Snapshot snapshot = RegisterSnapshot(GetTransactionSnapshot());
  auto* lacking = static_cast<bool*>(palloc(sizeof(bool) * size));
  for (int i = 0; i < views.count; i++) lacking[i] = LacksChanges(views, i);
  int count = 0;
  const int* needed = Needed(views, work->target, lacking, work->mine, &count);
  for (int i = 0; i < count; i++) {
    const int view = needed[i];
    if (!work->mine[view]) LeaveToWorker(views.all[view]);
    else if (view == work->target || lacking[view] || ParentsChanged(*work, view)) RefreshOne(work, view, snapshot);
  }
  UnregisterSnapshot(snapshot);
}

}  // namespace

bool RefreshNow(const NowRequest& request) {
  Work work = {};
  work.request = request;
  work.caller = GetUserId();
  work.started_at = GetCurrentTimestamp();
  Read(&work);
  const char* busy = LockAll(&work);
  if (busy != nullptr) return RecordSkipped(work, busy);
  Read(&work);
  busy = LockAll(&work);
  if (busy != nullptr) return RecordSkipped(work, busy);
  RefreshAll(&work);
  return true;
}

}  // namespace steward::refresh
