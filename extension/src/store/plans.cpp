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
// What plans may fill of the text memory; texts need the rest. JSON has what the other two leave of it, a twelfth or more.
constexpr Size kPlanShare = 2;
constexpr Size kFactShare = 4;
constexpr Size kSightShare = 6;
constexpr uint32 kMostFacts = 2048;  // longer ones are few

struct PlansRegion {
  uint32 capacity;
  uint32 mask;     // buckets - 1
  uint32 free;     // index + 1
  uint32 touched;  // entries never handed out start here
  uint32 hand;
  uint64 generation;
  uint64 lost;
  Size fact_bytes;  // as HeapFootprint has it
  Size sight_bytes;
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

Size Share(Size share) { return HeapTotalBytes() / share; }

bool Keep(HeapRef* ref, Size* held, Bytes bytes) {
  *ref = HeapPut(bytes.data, bytes.length);
  *held += HeapFootprint(HeapLength(*ref));
  return *ref != 0;
}

void Drop(HeapRef* ref, Size* held) {
  *held -= HeapFootprint(HeapLength(*ref));
  HeapFree(*ref);
  *ref = 0;
}

void Remove(PlanEntry* entry) {
  const auto ref = static_cast<uint32>(entry - entries) + 1;
  uint32* link = &BucketOf(entry->key);
  while (*link != ref) link = &entries[*link - 1].next;
  *link = entry->next;
  Drop(&entry->json, &region->json_bytes);
  Drop(&entry->sight, &region->sight_bytes);
  Drop(&entry->facts, &region->fact_bytes);
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

bool EvictPlan() {
  PlanEntry* victim = Victim([](const PlanEntry&) { return true; }, nullptr);
  if (victim == nullptr) return false;
  Remove(victim);
  return true;
}

PlanEntry* Take() {
  if (region->free == 0 && region->touched >= region->capacity && !EvictPlan()) return nullptr;
  if (region->free == 0) return &entries[region->touched++];
  PlanEntry* entry = &entries[region->free - 1];
  region->free = entry->next;
  return entry;
}

bool EvictJson(const PlanEntry* spared) {
  PlanEntry* victim = Victim([](const PlanEntry& entry) { return entry.json != 0; }, spared);
  if (victim == nullptr) return false;
  Drop(&victim->json, &region->json_bytes);
  victim->instrumented = false;
  return true;
}

bool EvictSight(const PlanEntry* spared) {
  PlanEntry* victim = Victim([](const PlanEntry& entry) { return entry.sight != 0; }, spared);
  if (victim == nullptr) return false;
  Drop(&victim->sight, &region->sight_bytes);
  return true;
}

Size JsonBudget() { return Share(kPlanShare) - region->fact_bytes - region->sight_bytes; }

void PutJson(PlanEntry* entry, Bytes bytes, bool instrumented) {
  const Size needed = HeapFootprint(bytes.length);
  if (needed > JsonBudget()) return;
  while (region->json_bytes + needed > JsonBudget() && EvictJson(entry)) {
  }
  HeapRef json = 0;
  while (!Keep(&json, &region->json_bytes, bytes) && EvictJson(entry)) {
  }
  if (json == 0) {
    region->lost++;
    return;
  }
  Drop(&entry->json, &region->json_bytes);
  entry->json = json;
  entry->instrumented = instrumented;
}

bool KeepFacts(HeapRef* ref, Bytes facts) {
  return region->fact_bytes + HeapFootprint(facts.length) <= Share(kFactShare) && Keep(ref, &region->fact_bytes, facts);
}

// Old plans make room within the share; where only the memory is full, JSON and circumstances go first.
bool MakeRoomForFacts(Size needed) {
  const bool within_share = region->fact_bytes + needed <= Share(kFactShare);
  return (within_share && (EvictJson(nullptr) || EvictSight(nullptr))) || EvictPlan();
}

HeapRef PutFacts(Bytes facts) {
  const Size needed = HeapFootprint(facts.length);
  HeapRef ref = 0;
  if (needed > Share(kFactShare)) return ref;
  for (int i = 0; !KeepFacts(&ref, facts) && i < kMostEvictedAtOnce; i++)
    if (!MakeRoomForFacts(needed)) break;
  return ref;
}

bool KeepSight(PlanEntry* entry, Bytes sight) {
  return region->sight_bytes + HeapFootprint(sight.length) <= Share(kSightShare) &&
         Keep(&entry->sight, &region->sight_bytes, sight);
}

// A plan may be without, so only others' circumstances make room. JSON gives back what it has of the other two's shares.
void PutSight(PlanEntry* entry, Bytes sight) {
  for (int i = 0; sight.length > 0 && !KeepSight(entry, sight) && i < kMostEvictedAtOnce; i++)
    if (!EvictSight(entry)) break;
  while (region->json_bytes > JsonBudget() && EvictJson(nullptr)) {
  }
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
  return (now->free == 0 && now->touched >= now->capacity) ||
         now->fact_bytes + HeapFootprint(kMostFacts) > Share(kFactShare);
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
  HeapRef ref = 0;
  PlanEntry* entry = KeepFacts(&ref, facts) ? Take() : nullptr;
  if (entry == nullptr) {
    Drop(&ref, &region->fact_bytes);
    region->lost++;
    return;
  }
  uint32& head = BucketOf(saved.key);
  *entry = saved;
  entry->facts = ref;
  entry->sight = 0;
  entry->json = 0;
  entry->next = head;
  entry->used = true;
  head = static_cast<uint32>(entry - entries) + 1;
  PutSight(entry, sight);
  const bool has_room = region->json_bytes + HeapFootprint(json.length) <= JsonBudget();
  if (!has_room || !Keep(&entry->json, &region->json_bytes, json)) entry->instrumented = false;
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
    HeapRef ref = PutFacts({notes.facts, notes.facts_length});
    PlanEntry* entry = ref != 0 ? Take() : nullptr;
    if (entry != nullptr) {
      uint32& head = BucketOf(key);
      *entry = PlanEntry{key, 0, 0, now, now, ref, 0, 0, head, true, false};
      head = static_cast<uint32>(entry - entries) + 1;
      PutSight(entry, {notes.sight, notes.sight_length});
      kept = true;
    } else {
      Drop(&ref, &region->fact_bytes);
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
  if (entry != nullptr) PutJson(entry, {json, length}, instrumented);
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
