// See freshness.hpp.
#include "refresh/freshness.hpp"

#include <algorithm>

#include "pg/spi.hpp"
#include "store/change_marks.hpp"

extern "C" {
#include "access/twophase.h"
#include "common/hashfn.h"
#include "pgstat.h"
#include "storage/lmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

// A session that goes idle tells of its last changes within so long (PGSTAT_IDLE_INTERVAL, and some).
constexpr core::Micros kCountersLag = 12 * core::kSecond;

// When the oldest prepared transaction of this database was prepared, or may have been since they were looked at; kNever: there
// can be none.
core::Micros oldest_prepared = core::kNever;

core::Micros Earlier(core::Micros a, core::Micros b) {
  if (a == 0 || b == 0) return a + b;
  return Min(a, b);
}

bool IsScheduledParent(const FreshView* views, const Sources& sources, Oid oid) {
  for (int i = 0; i < sources.nparents; i++)
    if (views[sources.parents[i]].schedule.relid == oid) return true;
  return false;
}

// Numbers of the last changes of what a view reads itself, and of its scheduled parents' rows.
struct LastChanges {
  uint64 direct;
  uint64 inherited;
};

LastChanges LastChangesOf(const FreshView* views, const Sources& sources) {
  LastChanges last = {0, 0};
  for (int i = 0; i < sources.nobjects; i++) {
    const uint64 change = store::LastChange(sources.objects[i]);
    uint64& kind = IsScheduledParent(views, sources, sources.objects[i]) ? last.inherited : last.direct;
    kind = Max(kind, change);
  }
  return last;
}

// The earliest first change among the marks that view's sources got since they were last looked at.
struct FirstChange {
  Oid oid;
  core::Micros at;
};

int CompareFirst(const void* a, const void* b) {
  const Oid left = static_cast<const FirstChange*>(a)->oid;
  const Oid right = static_cast<const FirstChange*>(b)->oid;
  return left < right ? -1 : left > right ? 1 : 0;
}

// What all views read, each once.
int ListObjects(const FreshView* views, int count, FirstChange** list) {
  int total = 0;
  for (int i = 0; i < count; i++) total += views[i].sources.nobjects;
  *list = static_cast<FirstChange*>(palloc(sizeof(FirstChange) * static_cast<Size>(Max(total, 1))));
  int filled = 0;
  for (int i = 0; i < count; i++)
    for (int k = 0; k < views[i].sources.nobjects; k++) (*list)[filled++] = {views[i].sources.objects[k], 0};
  qsort(*list, static_cast<Size>(filled), sizeof(FirstChange), CompareFirst);
  int unique = 0;
  for (int i = 0; i < filled; i++)
    if (unique == 0 || (*list)[unique - 1].oid != (*list)[i].oid) (*list)[unique++] = (*list)[i];
  return unique;
}

core::Micros FirstOf(Oid oid, const FirstChange* list, int count) {
  const FirstChange key{oid, 0};
  const auto* found = static_cast<const FirstChange*>(
      bsearch(&key, list, static_cast<Size>(count), sizeof(FirstChange), CompareFirst));
  return found == nullptr ? 0 : found->at;
}

// Of a view of which nothing is known: long enough ago for it to be due, and no longer.
core::Micros UnknownSince(const ScheduledView& view, core::Micros now) {
  const core::Micros promise = view.max_staleness == core::kNever ? 0 : view.max_staleness;
  return Max(view.holds.reflects, now - promise);
}

bool IsUnknown(const FreshView& view) {
  const Holds& holds = view.schedule.holds;
  return holds.change == 0 || view.sources.unwatched || view.sources.definition != holds.definition;
}

// Whether somebody else may have put older rows into the view than it held. A snapshot that is not older than those holds'
// has seen all that they have seen.
bool RowsReplaced(const FreshView& view, const store::ViewRows& rows) {
  return store::LastChange(view.schedule.relid) > Max(rows.change, view.schedule.holds.change) ||
         rows.not_before < view.schedule.holds.reflects;
}

// What is known of earlier looks tells of the first of several changes.
core::Micros Since(core::Micros known, core::Micros first, core::Micros now) {
  const core::Micros since = Earlier(known, first);
  return since == 0 ? now : Min(since, now);
}

int64 Counter(Datum (*function)(FunctionCallInfo), Oid relid) {
  return DatumGetInt64(DirectFunctionCall1(function, ObjectIdGetDatum(relid)));
}

// Rows written, by whatever way.
uint64 CountersKey(const Sources& sources) {
  pgstat_clear_snapshot();
  uint64 key = 1;
  for (int i = 0; i < sources.nrelations; i++) {
    const Oid relid = sources.relations[i];
    const int64 written = Counter(pg_stat_get_tuples_inserted, relid) + Counter(pg_stat_get_tuples_updated, relid) +
                          Counter(pg_stat_get_tuples_deleted, relid);
    key = hash_combine64(key, static_cast<uint64>(written) ^ static_cast<uint64>(relid) << 40);
  }
  return key;
}

// Whether the counters may still miss writes that were marked.
bool CountersSettling(const Sources& sources, core::Micros now) {
  for (int i = 0; i < sources.nrelations; i++)
    if (store::LastChangeTime(sources.relations[i]) > now - kCountersLag) return true;
  return false;
}

struct FirstChanges {
  const FirstChange* list;
  int count;
};

void TakeMarksOf(const FreshView* views, FirstChanges firsts, core::Micros everywhere, core::Micros now, FreshView* view) {
  const Holds& holds = view->schedule.holds;
  const Oid relid = view->schedule.relid;
  core::Micros direct = everywhere;
  core::Micros inherited = 0;
  for (int k = 0; k < view->sources.nobjects; k++) {
    const Oid oid = view->sources.objects[k];
    core::Micros& first = IsScheduledParent(views, view->sources, oid) ? inherited : direct;
    first = Earlier(first, FirstOf(oid, firsts.list, firsts.count));
  }
  const LastChanges last = LastChangesOf(views, view->sources);
  const store::ViewRows rows = store::GetViewRows(relid);
  const bool unknown = IsUnknown(*view);
  const bool replaced = !unknown && RowsReplaced(*view, rows);
  const store::ViewLacks known = store::GetViewLacks(relid);
  if (unknown) direct = Earlier(direct, UnknownSince(view->schedule, now));
  if (replaced) direct = Earlier(direct, store::LastChangeTime(relid));
  const bool lacks = unknown || replaced || last.direct > holds.change;
  view->lacks.direct = lacks ? Since(known.direct, direct, now) : 0;
  const bool inherits = last.inherited > Max(holds.change, rows.parents);
  view->lacks.inherited = !unknown && inherits ? Since(known.inherited, inherited, now) : 0;
}

}  // namespace

void ReadPrepared() {
  oldest_prepared = core::kNever;
  if (max_prepared_xacts == 0) return;
  oldest_prepared = GetCurrentTimestamp();
  pg::SpiRun(
      "SELECT pg_catalog.min(prepared) FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()");
  bool is_null = true;
  const Datum oldest = pg::SpiValue(0, 1, &is_null);
  if (!is_null) oldest_prepared = Min(oldest_prepared, DatumGetTimestampTz(oldest));
}

void WatchSources(FreshView* view) {
  Sources& sources = view->sources;
  sources.unwatched = !store::Watch(view->schedule.relid);
  for (int i = 0; i < sources.nobjects; i++)
    if (!store::Watch(sources.objects[i])) sources.unwatched = true;
}

void WatchNothingElse(const FreshView* views, int count) {
  FirstChange* list = nullptr;
  const int objects = ListObjects(views, count, &list);
  auto* oids = static_cast<Oid*>(palloc(sizeof(Oid) * static_cast<Size>(objects + count)));
  for (int i = 0; i < objects; i++) oids[i] = list[i].oid;
  for (int i = 0; i < count; i++) oids[objects + i] = views[i].schedule.relid;
  std::sort(oids, oids + objects + count);
  store::WatchOnly(oids, objects + count);
  pfree(oids);
  pfree(list);
}

void TakeMarks(FreshView* views, int count, core::Micros now) {
  FirstChange* list = nullptr;
  const int objects = ListObjects(views, count, &list);
  store::SettlePrepared(InvalidOid, oldest_prepared);
  const core::Micros everywhere = store::TakeFirstUnknownChange();
  for (int i = 0; i < objects; i++) {
    store::SettlePrepared(list[i].oid, oldest_prepared);
    list[i].at = store::TakeFirstChange(list[i].oid);
  }
  for (int i = 0; i < count; i++) TakeMarksOf(views, {list, objects}, everywhere, now, &views[i]);
  pfree(list);
}

void WakeAfterChanges(const FreshView* views, int count, core::Micros after) {
  store::WakeAfter(after);
  store::WakeIfChanged(InvalidOid);
  for (int i = 0; i < count; i++)
    for (int k = 0; k < views[i].sources.nobjects; k++) store::WakeIfChanged(views[i].sources.objects[k]);
}

bool LacksChanges(const Views& views, int number) {
  const FreshView& view = views.all[number];
  const Holds& holds = view.schedule.holds;
  const LastChanges last = LastChangesOf(views.all, view.sources);
  const store::ViewRows rows = store::GetViewRows(view.schedule.relid);
  return IsUnknown(view) || view.sources.by_time || RowsReplaced(view, rows) || last.direct > holds.change ||
         last.inherited > Max(holds.change, rows.parents);
}

bool SeesParents(const Views& views, int number, const bool* refreshed, uint64 change) {
  const Sources& sources = views.all[number].sources;
  for (int i = 0; i < sources.nparents; i++) {
    const int parent = sources.parents[i];
    const Oid relid = views.all[parent].schedule.relid;
    // The mode that a REFRESH of any kind conflicts with, and no reader.
    if (!refreshed[parent] && (!ConditionalLockRelationOid(relid, RowShareLock) || store::LastChange(relid) > change)) return false;
  }
  return sources.nparents > 0;
}

core::Micros MissedBy(const FreshView& view, const Holds& holds, core::Micros now) {
  const Sources& sources = view.sources;
  for (int i = 0; i < sources.nobjects; i++) {
    bool parent = false;
    for (int k = 0; k < sources.nparent_relids; k++) parent |= sources.parent_relids[k] == sources.objects[i];
    if (!parent && store::LastChange(sources.objects[i]) > holds.change) return now;
  }
  return 0;
}

Holds BeforeSnapshot(const FreshView& view) {
  Holds holds{};
  holds.change = Max(store::ChangeSequence(), uint64{1});
  holds.reflects = GetCurrentTimestamp();
  holds.definition = view.sources.definition;
  holds.counters = CountersKey(view.sources);
  return holds;
}

bool MarkUnmarked(const FreshView& view) {
  const Holds& holds = view.schedule.holds;
  const Sources& sources = view.sources;
  // What is dirty is refreshed anyway.
  if (holds.change == 0 || sources.by_time || store::GetViewLacks(view.schedule.relid).direct != 0) return false;
  if (CountersSettling(sources, GetCurrentTimestamp()) || CountersKey(sources) == holds.counters) return false;
  store::PublishChanges({sources.relations, sources.nrelations, false}, store::ChangeKind::kFoundLater);
  return true;
}

}  // namespace steward::refresh
