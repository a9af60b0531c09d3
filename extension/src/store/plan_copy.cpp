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

Size BytesOf(const PlanEntry& entry, PlanParts parts) {
  return (parts.facts ? HeapLength(entry.facts) : 0) + (parts.sights ? HeapLength(entry.sight) : 0) +
         (parts.json ? HeapLength(entry.json) : 0);
}

// Bytes that a copy of the entries of `dbid` needs. Under the lock.
Size MeasureCopy(Oid dbid, PlanParts parts, uint32* count) {
  Size bytes = 0;
  *count = 0;
  for (uint32 i = 0; i < PlanPlaces(); i++) {
    const PlanEntry* entry = PlanOf(dbid, i);
    if (entry == nullptr) continue;
    bytes += BytesOf(*entry, parts);
    ++*count;
  }
  return bytes;
}

// Appends a string to the blob.
void Append(HeapRef ref, char* blob, Size* at, Size* offset, uint32* length) {
  *offset = *at;
  *length = HeapLength(ref);
  HeapGet(ref, blob + *at);
  *at += *length;
}

// Under the lock, with room for everything.
void FillCopy(PlansCopy* copy, Oid dbid, PlanParts parts) {
  Size at = 0;
  for (uint32 i = 0; i < PlanPlaces(); i++) {
    const PlanEntry* entry = PlanOf(dbid, i);
    if (entry == nullptr) continue;
    PlanCopy& to = copy->plans[copy->count++];
    to = PlanCopy{};
    to.entry = *entry;
    if (parts.facts) Append(entry->facts, copy->blob, &at, &to.facts_offset, &to.facts_length);
    if (parts.sights) Append(entry->sight, copy->blob, &at, &to.sight_offset, &to.sight_length);
    if (parts.json) Append(entry->json, copy->blob, &at, &to.json_offset, &to.json_length);
  }
}

}  // namespace

PlansCopy CopyPlans(Oid dbid, PlanParts parts) {
  for (;;) {
    uint32 count = 0;
    LWLockAcquire(Lock(), LW_SHARED);
    const Size bytes = MeasureCopy(dbid, parts, &count);
    LWLockRelease(Lock());

    const uint32 room = count + count / 8 + 8;
    const Size blob = bytes + bytes / 8 + 4096;
    PlansCopy copy{static_cast<PlanCopy*>(palloc_extended(sizeof(PlanCopy) * room, MCXT_ALLOC_HUGE)), 0,
                   static_cast<char*>(palloc_extended(blob, MCXT_ALLOC_HUGE))};

    LWLockAcquire(Lock(), LW_SHARED);
    const bool fits = MeasureCopy(dbid, parts, &count) <= blob && count <= room;
    if (fits) FillCopy(&copy, dbid, parts);
    LWLockRelease(Lock());
    if (fits) return copy;
    pfree(copy.plans);
    pfree(copy.blob);
  }
}

}  // namespace steward::store
