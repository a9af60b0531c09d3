// Copies of the plans for readers. See plans.hpp.
#include "store/plans.hpp"
#include "store/shmem.hpp"

namespace steward::store {

namespace {

// The entry at `index` when it is of `dbid` (0: of any), else null. Under the lock.
const PlanEntry* PlanOf(Oid dbid, uint32 index) {
  const PlanEntry* entry = PlanAt(index);
  return entry != nullptr && (!OidIsValid(dbid) || entry->key.dbid == dbid) ? entry : nullptr;
}

// Bytes that a copy of the entries of `dbid` needs. Under the lock.
Size MeasureCopy(Oid dbid, bool with_json, uint32* count) {
  Size bytes = 0;
  *count = 0;
  for (uint32 i = 0; i < PlanPlaces(); i++) {
    const PlanEntry* entry = PlanOf(dbid, i);
    if (entry == nullptr) continue;
    bytes += HeapLength(entry->facts) + (with_json ? HeapLength(entry->json) : 0);
    ++*count;
  }
  return bytes;
}

// Under the lock, with room for everything.
void FillCopy(PlansCopy* copy, Oid dbid, bool with_json) {
  Size at = 0;
  for (uint32 i = 0; i < PlanPlaces(); i++) {
    const PlanEntry* entry = PlanOf(dbid, i);
    if (entry == nullptr) continue;
    PlanCopy& to = copy->plans[copy->count++];
    to = PlanCopy{*entry, at, HeapLength(entry->facts), 0, 0};
    HeapGet(entry->facts, copy->blob + at);
    at += to.facts_length;
    if (!with_json) continue;
    to.json_offset = at;
    to.json_length = HeapLength(entry->json);
    HeapGet(entry->json, copy->blob + at);
    at += to.json_length;
  }
}

}  // namespace

PlansCopy CopyPlans(Oid dbid, bool with_json) {
  for (;;) {
    uint32 count = 0;
    LWLockAcquire(Lock(), LW_SHARED);
    const Size bytes = MeasureCopy(dbid, with_json, &count);
    LWLockRelease(Lock());

    const uint32 room = count + count / 8 + 8;
    const Size blob = bytes + bytes / 8 + 4096;
    PlansCopy copy{static_cast<PlanCopy*>(palloc_extended(sizeof(PlanCopy) * room, MCXT_ALLOC_HUGE)), 0,
                   static_cast<char*>(palloc_extended(blob, MCXT_ALLOC_HUGE))};

    LWLockAcquire(Lock(), LW_SHARED);
    const bool fits = MeasureCopy(dbid, with_json, &count) <= blob && count <= room;
    if (fits) FillCopy(&copy, dbid, with_json);
    LWLockRelease(Lock());
    if (fits) return copy;
    pfree(copy.plans);
    pfree(copy.blob);
  }
}

}  // namespace steward::store
