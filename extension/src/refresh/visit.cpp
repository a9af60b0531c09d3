// See visit.hpp. Between the transactions the process holds no snapshot and no lock (RELIABILITY W12).
#include "refresh/visit.hpp"

#include "pg/transaction.hpp"
#include "refresh/alerts.hpp"
#include "refresh/calendar.hpp"
#include "refresh/decide.hpp"
#include "refresh/group_run.hpp"
#include "refresh/history_table.hpp"
#include "refresh/manual_table.hpp"
#include "refresh/next_look.hpp"
#include "refresh/sources.hpp"
#include "refresh/view_table.hpp"
#include "store/change_marks.hpp"
#include "store/visit_board.hpp"

extern "C" {
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

constexpr core::Micros kReclaimDelay = core::kSecond;
constexpr core::Micros kLookAgainAfter = core::kSecond / 10;
constexpr int kMostInterruptions = 3;
constexpr core::Micros kHistoryKept = 7 * core::kDay;
constexpr core::Micros kPruneEvery = core::kHour;
constexpr uint64 kPruneBatch = 1000;
constexpr core::Micros kNetEvery = 12 * core::kSecond;  // counters lag by up to ten
constexpr int kMostBatches = 100;
// Each REFRESH makes relations and types whose entries core keeps in a backend's caches for good, about 10 kB (measured
// with CONCURRENTLY on 15, without this library as well); so a worker makes room for a fresh one now and then.
constexpr int kMostJobs = 200;

// Trims history now and then, a batch a transaction.
ErrorData* Prune(core::Micros* next_prune) {
  const TimestampTz now = GetCurrentTimestamp();
  if (now < *next_prune && *next_prune <= now + kPruneEvery) return nullptr;
  *next_prune = now + kPruneEvery;
  uint64 deleted = kPruneBatch;
  ErrorData* error = nullptr;
  for (int batch = 0; batch < kMostBatches && deleted == kPruneBatch && error == nullptr; batch++)
    error = pg::InTransaction([&] { deleted = PruneHistory(now - kHistoryKept, kPruneBatch); });
  return error;
}

// Ends what a worker that died left behind.
ErrorData* Begin(Visit* visit) {
  ErrorData* error = pg::InTransaction([] {
    const TimestampTz now = GetCurrentTimestamp();
    if (OidIsValid(TablesOwner())) ReclaimMarks(now, now + kReclaimDelay, kMostInterruptions);
  });
  visit->begun = error == nullptr;
  return error;
}

// The latest time that is known to have been: this process looked, or a view's data is of it.
core::Micros LatestKnown(const Views& views, const Visit& visit) {
  core::Micros latest = visit.looked_at;
  for (int i = 0; i < views.count; i++)
    latest = Max(latest, views.all[i].schedule.holds.reflects);
  return latest;
}

// When the clock was set back, promises do not wait until it has caught up, and grids are asked for anew.
ErrorData* FollowClock(const Views& views, const Visit& visit, core::Micros now) {
  const core::Micros last = LatestKnown(views, visit);
  if (now >= last) return nullptr;
  MoveWithClock(views, last, now);
  for (int i = 0; i < views.count; i++) {
    ScheduledView& view = views.all[i].schedule;
    if (view.mode == Mode::kCron && view.slot > now) view.slot = NextCron(view.cron, view.timezone, now);
    else view.slot = core::DueAnew(view.slot, PeriodOf(view), now);
    if (view.failures == 0) view.due = view.slot;
  }
  return pg::InTransaction([&] {
    for (int i = 0; i < views.count; i++) KeepTimes(views.all[i].schedule);
  });
}

// The views that can be followed, in the visit's context; what cannot be is stopped.
ErrorData* Load(Views* views) {
  const MemoryContext context = CurrentMemoryContext;
  ScheduledView* schedules = nullptr;
  int count = 0;
  ErrorData* error = pg::InTransaction([&] {
    if (!OidIsValid(TablesOwner())) return;
    if (AnyManual()) TakeManual();
    count = ReadViews(context, &schedules);
  });
  views->all = static_cast<FreshView*>(palloc0(sizeof(FreshView) * static_cast<Size>(Max(count, 1))));
  for (int i = 0; i < count && error == nullptr; i++)
    if (!StopIfLost(schedules[i], &error)) views->all[views->count++].schedule = schedules[i];
  return error;
}

// Changes that leave no mark are looked for when a view is due anyway, and now and then.
bool LookUnmarked(const Views& views, const int* numbers, int count) {
  bool any = false;
  for (int i = 0; i < count; i++) any |= MarkUnmarked(views.all[numbers == nullptr ? i : numbers[i]]);
  return any;
}

core::Micros ShortestPromise(const Views& views) {
  core::Micros shortest = core::kNever;
  for (int i = 0; i < views.count; i++) shortest = Min(shortest, views.all[i].schedule.max_staleness);
  return shortest;
}

// Looks behind the marks as often as the shortest promise asks, but not before counters can have settled.
ErrorData* LookBehind(const Views& views, core::Micros now, Visit* visit) {
  const core::Micros promise = ShortestPromise(views);
  if (promise == core::kNever) {
    visit->next_net = core::kNever;
    return nullptr;
  }
  const core::Micros every = Max(promise, kNetEvery);
  if (now < visit->next_net && visit->next_net <= now + every) return nullptr;
  visit->next_net = now + every;
  return pg::InTransaction([&] { (void)LookUnmarked(views, nullptr, views.count); });
}

// What they read, and what of that has changed.
ErrorData* Look(const Views& views, core::Micros now, Visit* visit) {
  const MemoryContext context = CurrentMemoryContext;
  ErrorData* error = pg::InTransaction([&] {
    for (int i = 0; i < views.count; i++) {
      ReadSources(&views.all[i]);
      WatchSources(&views.all[i]);
      ReadCalendar(now, &views.all[i]);
    }
    ReadPrepared();
    MemoryContextSwitchTo(context);
    OrderViews(views.all, views.count);
  });
  if (error != nullptr) return error;
  if (!visit->looked) WatchNothingElse(views.all, views.count);
  visit->looked = true;
  error = LookBehind(views, now, visit);
  if (error == nullptr) TakeMarks(views.all, views.count, now);
  return error;
}

const char* Seconds(core::Micros length) {
  return psprintf("%.1f s", static_cast<double>(length) / core::kSecond);
}

ErrorData* TellLate(const Views& views, const Decision& decision, core::Micros now) {
  if (decision.nlate == 0) return nullptr;
  ErrorData* error = pg::InTransaction([&] {
    for (int i = 0; i < decision.nlate; i++) {
      ScheduledView& schedule = views.all[decision.late[i]].schedule;
      if (core::NoteLate(now, &schedule.alerts)) KeepAlerts(schedule.relid, schedule.alerts);
    }
  });
  for (int i = 0; i < decision.nlate && error == nullptr; i++) {
    const FreshView& view = views.all[decision.late[i]];
    if (view.schedule.alerts.late_since != now) continue;
    RaiseAlert(view.schedule, AlertKind::kLate, now,
               psprintf("It lacks changes of %s, promised are %s; a refresh takes %s.", Seconds(Max(now - view.lacks.any, 0)),
                        Seconds(view.schedule.max_staleness), Seconds(PredictedCost(view.schedule, view.has_dependents))));
  }
  return error;
}

ErrorData* NoteUnchanged(const Views& views, const Decision& decision, core::Micros now, bool* any) {
  return pg::InTransaction([&] {
    *any = LookUnmarked(views, decision.unchanged, decision.nunchanged);
    for (int i = 0; i < decision.nunchanged && !*any; i++) {
      const ScheduledView& view = views.all[decision.unchanged[i]].schedule;
      MarkLooked(view, NextSlot(view, now));
    }
  });
}

// The views that lack nothing, and groups one after another while that does not take long.
ErrorData* Act(const Views& views, const Decision& decision, core::Micros now, Visit* visit, bool* ran) {
  ErrorData* error = nullptr;
  if (decision.nunchanged > 0) {
    bool changed = false;
    error = NoteUnchanged(views, decision, now, &changed);
    *ran = true;
  }
  core::Micros began = visit->looked_at;
  for (int i = 0; i < decision.njobs && error == nullptr; i++) {
    if (i > 0 && (began - visit->looked_at > kLookAgainAfter || store::BoardAskedToLeave(MyDatabaseId))) break;
    const Decision::Job& job = decision.jobs[i];
    error = RunGroup(views, {job.views, job.count, job.deadline, began}, visit->track);
    visit->jobs += job.count;
    *ran = true;
    began = GetCurrentTimestamp();
  }
  return error;
}

}  // namespace

ErrorData* DoDue(Visit* visit, core::WorkStep* step) {
  *step = core::WorkStep{false, core::kNever};
  const Visit before = *visit;
  visit->looked_at = GetCurrentTimestamp();
  // Before anything is looked at: a change from here on wants another visit.
  store::ExpectChanges(MyLatch);
  if (!visit->begun) {
    ErrorData* error = Begin(visit);
    if (error != nullptr) return error;
  }
  Views views = {};
  ErrorData* error = Load(&views);
  if (error == nullptr && views.count == 0) store::WatchNothing();
  if (error != nullptr || views.count == 0) return error;
  const TimestampTz now = GetCurrentTimestamp();
  error = FollowClock(views, before, now);
  if (error != nullptr) return error;
  error = Look(views, now, visit);
  if (error != nullptr) return error;
  const Decision decision = Decide(views, now);
  WakeAfterChanges(views.all, views.count, decision.wake_after);
  error = TellLate(views, decision, now);
  if (error == nullptr) error = Act(views, decision, now, visit, &step->ran);
  if (error == nullptr) error = Prune(&visit->next_prune);
  step->next_due = step->ran ? 0 : Min(Min(decision.next_look, visit->next_net), store::WantedVisit());
  return error;
}

void Leave() {
  store::ExpectNoLonger();
}

bool HasDoneEnough(const Visit& visit) {
  return visit.jobs >= kMostJobs;
}

}  // namespace steward::refresh
