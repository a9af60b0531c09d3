// See plans.hpp. Chained hash table with a free list; a clock hand picks eviction victims among the least recently seen.
#include "store/plans.hpp"

#include "settings.hpp"
#include "store/shmem.hpp"

extern "C" {
#include "common/hashfn.h"
#include "utils/timestamp.h"
}

namespace steward::store {

const volatile uint64* plans_generation = nullptr;

namespace {

constexpr int kVictimSample = 16;
constexpr int kMostEvictedAtOnce = 16;
// Plans may fill this share of the text memory with JSON; texts and facts need the rest.
constexpr Size kJsonShare = 2;

struct PlansRegion {
  uint32 capacity;
  uint32 mask;     // buckets - 1
  uint32 free;     // index + 1
  uint32 touched;  // entries never handed out start here
  uint32 hand;
  uint64 generation;
  uint64 lost;
  Size json_bytes;
};

PlansRegion* region = nullptr;
uint32* bucket = nullptr;
PlanEntry* entries = nullptr;

uint32 BucketCount() {
  uint32 count = 128;
  while (count < static_cast<uint32>(settings.max_plans)) count *= 2;
  return count;
}

uint32& BucketOf(const PlanKey& key) {
  return bucket[hash_bytes(reinterpret_cast<const unsigned char*>(&key), sizeof key) & region->mask];
}

bool Same(const PlanKey& a, const PlanKey& b) {
  return a.queryid == b.queryid && a.planid == b.planid && a.userid == b.userid && a.dbid == b.dbid;
}

PlanEntry* Find(const PlanKey& key) {
  for (uint32 ref = BucketOf(key); ref != 0; ref = entries[ref - 1].next)
    if (Same(entries[ref - 1].key, key)) return &entries[ref - 1];
  return nullptr;
}

void DropJson(PlanEntry* entry) {
  region->json_bytes -= HeapLength(entry->json);
  HeapFree(entry->json);
  entry->json = 0;
}

void Remove(PlanEntry* entry) {
  const auto ref = static_cast<uint32>(entry - entries) + 1;
  uint32* link = &BucketOf(entry->key);
  while (*link != ref) link = &entries[*link - 1].next;
  *link = entry->next;
  DropJson(entry);
  HeapFree(entry->sight);
  HeapFree(entry->facts);
  *entry = PlanEntry{};
  entry->next = region->free;
  region->free = ref;
}

// The least recently seen of the next few used entries that `wanted` accepts, or null.
PlanEntry* Victim(bool (*wanted)(const PlanEntry&), const PlanEntry* spared) {
  PlanEntry* victim = nullptr;
  int seen = 0;
  for (uint32 step = 0; step < region->touched && seen < kVictimSample; step++) {
    region->hand = region->hand + 1 < region->touched ? region->hand + 1 : 0;
    PlanEntry* entry = &entries[region->hand];
    if (!entry->used || entry == spared || !wanted(*entry)) continue;
    seen++;
    if (victim == nullptr || entry->last_seen < victim->last_seen) victim = entry;
  }
  return victim;
}

PlanEntry* Take() {
  if (region->free == 0 && region->touched >= region->capacity) {
    PlanEntry* victim = Victim([](const PlanEntry&) { return true; }, nullptr);
    if (victim == nullptr) return nullptr;
    Remove(victim);
  }
  if (region->free == 0) return &entries[region->touched++];
  PlanEntry* entry = &entries[region->free - 1];
  region->free = entry->next;
  return entry;
}

bool HasJson(const PlanEntry& entry) { return entry.json != 0; }

bool EvictJson(const PlanEntry* spared) {
  PlanEntry* victim = Victim(HasJson, spared);
  if (victim == nullptr) return false;
  DropJson(victim);
  victim->instrumented = false;
  return true;
}

void PutJson(PlanEntry* entry, const char* data, uint32 length, bool instrumented) {
  const Size budget = HeapTotalBytes() / kJsonShare;
  if (length > budget) return;
  while (region->json_bytes + length > budget && EvictJson(entry)) {
  }
  HeapRef json = HeapPut(data, length);
  while (json == 0 && EvictJson(entry)) json = HeapPut(data, length);
  if (json == 0) {
    region->lost++;
    return;
  }
  DropJson(entry);
  entry->json = json;
  entry->instrumented = instrumented;
  region->json_bytes += length;
}

// Plan texts make room first, then old plans, a few at a time.
HeapRef PutFacts(const char* facts, uint32 length) {
  HeapRef ref = HeapPut(facts, length);
  while (ref == 0 && EvictJson(nullptr)) ref = HeapPut(facts, length);
  for (int i = 0; ref == 0 && i < kMostEvictedAtOnce; i++) {
    PlanEntry* victim = Victim([](const PlanEntry&) { return true; }, nullptr);
    if (victim == nullptr) break;
    Remove(victim);
    ref = HeapPut(facts, length);
  }
  return ref;
}

void Merge(char* facts, const NodeMeasure* measures, int count) {
  const auto* header = reinterpret_cast<const PlanFacts*>(facts);
  auto* record = reinterpret_cast<PredicateRecord*>(facts + sizeof(PlanFacts) +
                                                    sizeof(Oid) * (static_cast<Size>(header->relations) + header->indexes));
  for (uint32 i = 0; i < header->predicates; i++) {
    PredicateRecord one;
    memcpy(&one, record + i, sizeof one);
    if ((one.flags & kMeasured) == 0) continue;
    for (int j = 0; j < count; j++) {
      if (measures[j].node != one.node) continue;
      one.passed += measures[j].passed;
      one.seen += measures[j].seen;
      one.executions++;
    }
    memcpy(record + i, &one, sizeof one);
  }
}

}  // namespace

Size PlansRegionSize() {
  return MAXALIGN(sizeof(PlansRegion)) + MAXALIGN(sizeof(uint32) * static_cast<Size>(BucketCount())) +
         sizeof(PlanEntry) * static_cast<Size>(settings.max_plans);
}

void PlansAttach(void* base, bool init) {
  char* at = static_cast<char*>(base);
  region = reinterpret_cast<PlansRegion*>(at);
  plans_generation = &region->generation;
  bucket = reinterpret_cast<uint32*>(at + MAXALIGN(sizeof(PlansRegion)));
  entries = reinterpret_cast<PlanEntry*>(reinterpret_cast<char*>(bucket) +
                                         MAXALIGN(sizeof(uint32) * static_cast<Size>(BucketCount())));
  if (!init) return;
  region->capacity = static_cast<uint32>(settings.max_plans);
  region->mask = BucketCount() - 1;
}

bool PlansFull() {
  const volatile PlansRegion* now = region;
  return now->free == 0 && now->touched >= now->capacity;
}

uint32 PlanCount() {
  uint32 count = 0;
  LWLockAcquire(Lock(), LW_SHARED);
  for (uint32 i = 0; i < region->touched; i++) count += entries[i].used ? 1 : 0;
  LWLockRelease(Lock());
  return count;
}

uint32 PlanPlaces() { return region->touched; }

const PlanEntry* PlanAt(uint32 index) { return entries[index].used ? &entries[index] : nullptr; }

void RestorePlan(const PlanEntry& saved, Bytes facts, Bytes sight, Bytes json) {
  if (Find(saved.key) != nullptr) return;
  const HeapRef ref = HeapPut(facts.data, facts.length);
  PlanEntry* entry = ref != 0 ? Take() : nullptr;
  if (entry == nullptr) {
    HeapFree(ref);
    region->lost++;
    return;
  }
  uint32& head = BucketOf(saved.key);
  *entry = saved;
  entry->facts = ref;
  entry->sight = HeapPut(sight.data, sight.length);
  entry->json = 0;
  entry->next = head;
  entry->used = true;
  head = static_cast<uint32>(entry - entries) + 1;
  if (region->json_bytes + json.length <= HeapTotalBytes() / kJsonShare) entry->json = HeapPut(json.data, json.length);
  region->json_bytes += HeapLength(entry->json);
  if (entry->json == 0) entry->instrumented = false;
}

void RestorePlansLost(uint64 lost) { region->lost = lost; }

uint64 PlansLost() { return region->lost; }

bool PlanKnown(const PlanKey& key) {
  LWLockAcquire(Lock(), LW_SHARED);
  PlanEntry* entry = Find(key);
  LWLockRelease(Lock());
  return entry != nullptr;
}

PutResult PutPlan(const PlanKey& key, const PlanNotes& notes) {
  const TimestampTz now = GetCurrentTimestamp();
  if (!LWLockConditionalAcquire(Lock(), LW_EXCLUSIVE)) return PutResult::kBusy;
  bool kept = Find(key) != nullptr;
  if (!kept) {
    const HeapRef ref = PutFacts(notes.facts, notes.facts_length);
    PlanEntry* entry = ref != 0 ? Take() : nullptr;
    if (entry != nullptr) {
      uint32& head = BucketOf(key);
      const HeapRef sight = HeapPut(notes.sight, notes.sight_length);
      *entry = PlanEntry{key, 0, 0, now, now, ref, sight, 0, head, true, false};
      head = static_cast<uint32>(entry - entries) + 1;
      kept = true;
    } else {
      HeapFree(ref);
      region->lost++;
    }
  }
  LWLockRelease(Lock());
  return kept ? PutResult::kKept : PutResult::kFull;
}

void CountPlanCalls(const PlanKey& key, uint64 calls, uint64 exec_ns, TimestampTz at) {
  PlanEntry* entry = Find(key);
  if (entry == nullptr) return;
  entry->calls += calls;
  entry->total_exec_time_ms += static_cast<double>(exec_ns) / 1e6;
  entry->last_seen = at;
}

void PutPlanJson(const PlanKey& key, const char* json, uint32 length, bool instrumented) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  PlanEntry* entry = Find(key);
  if (entry != nullptr) PutJson(entry, json, length, instrumented);
  LWLockRelease(Lock());
}

bool PlanWantsJson(const PlanKey& key, bool instrumented) {
  LWLockAcquire(Lock(), LW_SHARED);
  const PlanEntry* entry = Find(key);
  const bool wants = entry != nullptr && (entry->json == 0 || (instrumented && !entry->instrumented));
  LWLockRelease(Lock());
  return wants;
}

void AddMeasures(const PlanKey& key, const NodeMeasure* measures, int count) {
  LWLockAcquire(Lock(), LW_SHARED);
  const PlanEntry* entry = Find(key);
  const uint32 length = entry != nullptr ? HeapLength(entry->facts) : 0;
  LWLockRelease(Lock());
  if (length == 0) return;
  char* facts = static_cast<char*>(palloc(length));
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  PlanEntry* current = Find(key);
  if (current != nullptr && HeapLength(current->facts) == length) {
    HeapGet(current->facts, facts);
    Merge(facts, measures, count);
    HeapFree(current->facts);
    current->facts = HeapPut(facts, length);  // fits: its own blocks were just given back
  }
  LWLockRelease(Lock());
  pfree(facts);
}

void ResetPlans(Oid userid, Oid dbid, uint64 queryid) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  for (uint32 i = 0; i < region->touched; i++) {
    const PlanKey& key = entries[i].key;
    if (!entries[i].used || (userid != 0 && key.userid != userid) || (dbid != 0 && key.dbid != dbid) ||
        (queryid != 0 && key.queryid != queryid))
      continue;
    Remove(&entries[i]);
  }
  if (userid == 0 && dbid == 0 && queryid == 0) region->lost = 0;
  region->generation++;
  LWLockRelease(Lock());
}

}  // namespace steward::store
