// See sources.hpp.
#include "refresh/sources.hpp"

#include <algorithm>

#include "refresh/dependencies.hpp"
#include "store/change_marks.hpp"

extern "C" {
#include "catalog/pg_class.h"
#include "common/hashfn.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/syscache.h"
}

namespace steward::refresh {

namespace {

struct Remembered {
  Oid relid;
  MemoryContext context;
  Sources sources;
  uint64 generation;       // of the catalog as it was read
  TimestampTz changed_at;  // of the schedule, whose settings count
};

HTAB* memory = nullptr;
uint64 generation = 1;     // grows with what can change anybody's sources
uint64 invalidations = 0;  // all that came

bool Names(const Remembered& entry, Oid relid) {
  const Sources& sources = entry.sources;
  return entry.relid == relid || std::binary_search(sources.objects, sources.objects + sources.nobjects, relid);
}

// Each REFRESH invalidates some relations: only who reads them looks again.
void OnRelation(Datum, Oid relid) {
  invalidations++;
  if (!OidIsValid(relid)) {
    generation++;
    return;
  }
  HASH_SEQ_STATUS scan;
  hash_seq_init(&scan, memory);
  while (auto* entry = static_cast<Remembered*>(hash_seq_search(&scan)))
    if (entry->context != nullptr && Names(*entry, relid)) entry->generation = 0;
}

void OnObject(Datum, int, uint32) {
  invalidations++;
  generation++;
}

void WatchCatalog() {
  CacheRegisterRelcacheCallback(OnRelation, Datum{0});
  const int caches[] = {PROCOID, TYPEOID, CONSTROID, OPEROID, AUTHOID, ENUMOID, AGGFNOID};
  for (const int cache : caches) CacheRegisterSyscacheCallback(cache, OnObject, Datum{0});
}

Remembered* Recall(Oid relid, bool* found) {
  if (memory == nullptr) {
    HASHCTL control{};
    control.keysize = sizeof(Oid);
    control.entrysize = sizeof(Remembered);
    memory = hash_create("pg_steward view sources", 64, &control, HASH_ELEM | HASH_BLOBS);
    WatchCatalog();
  }
  auto* entry = static_cast<Remembered*>(hash_search(memory, &relid, HASH_ENTER, found));
  if (!*found) entry->context = nullptr;
  return entry;
}

bool HoldsRows(const DependencyRelation& relation) {
  return relation.relkind == RELKIND_RELATION &&
         (relation.reach == Reach::kTable || relation.reach == Reach::kDescendant);
}

Oid* CopySorted(const Oid* oids, int count) {
  auto* copy = static_cast<Oid*>(palloc(sizeof(Oid) * static_cast<Size>(Max(count, 1))));
  std::copy(oids, oids + count, copy);
  std::sort(copy, copy + count);
  return copy;
}

uint64 HashOfSettings(Datum settings) {
  const auto* array = reinterpret_cast<const unsigned char*>(DatumGetPointer(settings));
  if (array == nullptr) return 0;
  return hash_bytes_extended(array, static_cast<int>(VARSIZE_ANY(array)), 0);
}

void Keep(const Dependencies& found, Datum settings, Sources* sources) {
  auto* objects = static_cast<Oid*>(palloc(sizeof(Oid) * static_cast<Size>(Max(found.relation_count, 1))));
  auto* relations = static_cast<Oid*>(palloc(sizeof(Oid) * static_cast<Size>(Max(found.relation_count, 1))));
  for (int i = 0; i < found.relation_count; i++) {
    objects[i] = found.relations[i].relid;
    if (HoldsRows(found.relations[i])) relations[sources->nrelations++] = found.relations[i].relid;
  }
  sources->nobjects = found.relation_count;
  sources->objects = CopySorted(objects, found.relation_count);
  sources->relations = CopySorted(relations, sources->nrelations);
  sources->parent_relids = CopySorted(found.parents, found.parent_count);
  sources->nparent_relids = found.parent_count;
  sources->by_time = !found.by_changes;
  sources->definition = hash_combine64(hash_combine64(found.definition_key, found.storage_key),
                                       hash_combine64(found.leaf_key, HashOfSettings(settings)));
}

// Number of the view, -1 when it is not scheduled.
int Find(const FreshView* views, int count, Oid relid) {
  for (int i = 0; i < count; i++)
    if (views[i].schedule.relid == relid) return i;
  return -1;
}

// How many parents stand between the view and one without any; bounded, should the catalog hold a cycle.
int DepthOf(const FreshView* views, int count, int view, int bound) {
  int depth = 0;
  const Sources& sources = views[view].sources;
  for (int i = 0; i < sources.nparent_relids && bound > 0; i++) {
    const int parent = Find(views, count, sources.parent_relids[i]);
    if (parent >= 0) depth = Max(depth, DepthOf(views, count, parent, bound - 1) + 1);
  }
  return depth;
}

void NumberParents(FreshView* views, int count, FreshView* view) {
  Sources& sources = view->sources;
  auto* parents = static_cast<int*>(palloc(sizeof(int) * static_cast<Size>(Max(sources.nparent_relids, 1))));
  sources.nparents = 0;
  for (int i = 0; i < sources.nparent_relids; i++) {
    const int parent = Find(views, count, sources.parent_relids[i]);
    if (parent < 0 || &views[parent] >= view) continue;
    parents[sources.nparents++] = parent;
    views[parent].has_dependents = true;
  }
  sources.parents = parents;
}

// The numbers of parents are those of this visit.
void Adopt(Sources sources, FreshView* view) {
  sources.parents = view->sources.parents;
  sources.nparents = view->sources.nparents;
  view->sources = sources;
}

}  // namespace

void ReadSources(FreshView* view) {
  bool found = false;
  Remembered* entry = Recall(view->schedule.relid, &found);
  const uint64 now = generation;
  if (entry->context != nullptr && entry->generation == now && entry->changed_at == view->schedule.changed_at) {
    Adopt(entry->sources, view);
    return;
  }
  if (entry->context != nullptr) MemoryContextDelete(entry->context);
  entry->context = nullptr;
  entry->sources = {};
  const uint64 before_reading = invalidations;
  entry->context = AllocSetContextCreate(TopMemoryContext, "pg_steward sources", ALLOCSET_SMALL_SIZES);
  entry->generation = 0;
  Dependencies dependencies{};
  const MemoryContext before = MemoryContextSwitchTo(entry->context);
  Sources sources{};
  if (ReadDependencies(view->schedule.relid, &dependencies))
    Keep(dependencies, view->schedule.settings, &sources);
  else
    sources.by_time = true;
  MemoryContextSwitchTo(before);
  Adopt(sources, view);
  entry->sources = view->sources;
  entry->generation = invalidations == before_reading ? now : 0;
  entry->changed_at = view->schedule.changed_at;
}

void OrderViews(FreshView* views, int count) {
  auto* depths = static_cast<int*>(palloc(sizeof(int) * static_cast<Size>(Max(count, 1))));
  auto* ordered = static_cast<FreshView*>(palloc(sizeof(FreshView) * static_cast<Size>(Max(count, 1))));
  int deepest = 0;
  for (int i = 0; i < count; i++) deepest = Max(deepest, depths[i] = DepthOf(views, count, i, 64));
  int filled = 0;
  for (int depth = 0; depth <= deepest; depth++)
    for (int i = 0; i < count; i++)
      if (depths[i] == depth) ordered[filled++] = views[i];
  std::copy(ordered, ordered + count, views);
  for (int i = 0; i < count; i++) NumberParents(views, count, &views[i]);
  pfree(ordered);
  pfree(depths);
}

}  // namespace steward::refresh
