// The captured plans: one entry for each (user, database, statement, plan), with its facts (relations, indexes, predicates), the
// circumstances of its first sight and, once it was slow, its JSON. Owns the region, its lookup, eviction and memory budget; what a plan is made of and when it
// is worth keeping is capture's business. Functions take store::Lock() themselves and never wait for anything else.
#pragma once

#include "pg/postgres.hpp"
#include "store/block_heap.hpp"
#include "store/predicate_record.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace steward::store {

struct PlanKey {
  Oid userid;
  Oid dbid;
  uint64 queryid;
  uint64 planid;
};

/// A plan as it lies in shared memory. Executions are counted in the backends' slots and merged here, from the moment the plan
/// has an entry.
struct PlanEntry {
  PlanKey key;
  uint64 calls;
  double total_exec_time_ms;
  TimestampTz first_seen;
  TimestampTz last_seen;
  HeapRef facts;
  HeapRef sight;
  HeapRef json;
  uint32 next;  // index + 1 in the bucket or in the free list
  bool used;
  bool instrumented;  // `json` has actual rows
};

Size PlansRegionSize();
void PlansAttach(void* base, bool init);

/// Changes whenever entries are taken away by a reset, so that a backend's own memory of known plans can be dropped.
extern STEWARD_LOCAL const volatile uint64* plans_generation;
[[nodiscard]] inline uint64 PlansGeneration() { return *plans_generation; }

/// True while a new plan would push out an old one: the table, or the facts' share of the text memory, is full. Read without
/// the lock.
[[nodiscard]] bool PlansFull();

/// True when the plan has an entry.
[[nodiscard]] bool PlanKnown(const PlanKey& key);

enum class PutResult : uint8 { kKept, kBusy, kFull };

/// What is kept of a new plan: facts (predicate_record.hpp), circumstances (core/plan_sight.hpp; length 0: none).
struct PlanNotes {
  char* facts;
  uint32 facts_length;
  char* sight;
  uint32 sight_length;
};

/// Adds the plan, evicting old plans when the table, the facts' share or the text memory is full; for its circumstances those of
/// old plans make room. Never waits: kBusy when the lock was taken, to be tried again at the next sight; kFull when there was no
/// room, which is counted.
PutResult PutPlan(const PlanKey& key, const PlanNotes& notes);

/// Adds executions to a plan that has an entry. The drainer's: call with store::Lock() held exclusively.
void CountPlanCalls(const PlanKey& key, uint64 calls, uint64 exec_ns, TimestampTz at);

/// Keeps the JSON of a plan that has an entry, in the place of what it had.
void PutPlanJson(const PlanKey& key, const char* json, uint32 length, bool instrumented);

/// True when the plan has an entry without JSON, or with one that has no actual rows although `instrumented`.
[[nodiscard]] bool PlanWantsJson(const PlanKey& key, bool instrumented);

/// What one instrumented execution measured at a scan: rows that it returned, and rows of the relation, each time it ran.
struct NodeMeasure {
  int32 node;
  double passed;
  double seen;
};

/// Adds measured rows to the plan's predicates that are flagged kMeasured. Best effort.
void AddMeasures(const PlanKey& key, const NodeMeasure* measures, int count);

/// Forgets plans: of one user, database or statement, 0 meaning every one.
void ResetPlans(Oid userid, Oid dbid, uint64 queryid);

/// A consistent copy of all entries and, in `blob`, their facts or what else was asked for. Allocated in the current context.
struct PlanCopy {
  PlanEntry entry;
  Size facts_offset;
  uint32 facts_length;
  Size sight_offset;
  uint32 sight_length;
  Size json_offset;
  uint32 json_length;
};
/// What to copy of the entries.
struct PlanParts {
  bool facts;
  bool sights;
  bool json;
};
struct PlansCopy {
  PlanCopy* plans;
  uint32 count;
  char* blob;
};
[[nodiscard]] PlansCopy CopyPlans(Oid dbid, PlanParts parts);

/// The entry at `index`, 0 .. PlanPlaces() - 1, null when it is free. Call with store::Lock() held, or in a process that is
/// alone.
[[nodiscard]] uint32 PlanPlaces();
[[nodiscard]] const PlanEntry* PlanAt(uint32 index);

/// What was saved comes back; references in `saved` mean nothing. A plan that finds no room for its facts is lost, which is
/// counted; of circumstances and JSON is kept what fits; the least recently seen plans go when there are too many. In a process
/// that is alone.
void RestorePlan(const PlanEntry& saved, Bytes facts, Bytes sight, Bytes json);
void RestorePlansLost(uint64 lost);

/// Number of plans that are kept.
[[nodiscard]] uint32 PlanCount();

/// Plans that were not kept because memory was full.
[[nodiscard]] uint64 PlansLost();

}  // namespace steward::store
