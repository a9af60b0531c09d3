// The hot half of counting, for the executor's hooks: an execution goes to its entry in the backend's own slot, inline, for
// a call and its registers are a tenth of the price. What is rare is called. The protocol is that of slots.hpp.
#pragma once

#include "core/statement_counters.hpp"
#include "pg/compat.hpp"
#include "pg/lanes.hpp"
#include "pg/postgres.hpp"
#include "pg/usage.hpp"
#include "store/slots.hpp"

extern "C" {
#include "access/xact.h"
#include "port/atomics.h"
}

namespace steward::store {

namespace detail {

// 16-bit buckets wrap after 65,536 counts; the owner asks for a drain long before.
inline constexpr uint32 kUpdatesBetweenDrains = 16384;
inline constexpr uint32 kMaxEntries = 64;

struct OwnSlot {
  bool attached;
  bool ready;  // attached, and there is a slot
  uint32 index;
  uint32 drained;  // slot->changes when this backend last drained itself
  Slot* slot;
  SlotEntry* entries;
  Evicted* ring;
};
extern STEWARD_LOCAL OwnSlot own;
extern STEWARD_LOCAL StatementKey tags[kMaxEntries];  // the entries' keys, packed for the probe
extern STEWARD_LOCAL uint32 last_used[kMaxEntries];
extern STEWARD_LOCAL SlotArea* area;

/// Looks for the entry of `key`, taken over from the least recently used of its set when it has none, and opens it for writing.
/// *hint becomes its index. Null when nothing can be counted.
[[nodiscard]] SlotEntry* Open(const StatementKey& key, uint32* hint);

void DrainOwn();

/// The plan's place where it is not the first. A statement with more plans than an entry has places for begins a new tenancy;
/// its counters so far go to the ring.
[[nodiscard]] core::PlanCount* LaterPlace(SlotEntry* entry, uint64 planid);

void AddAllUsage(core::SlotCounters* counters, const pg::ResourceUsage& usage);
void AddExtras(core::SlotCounters* counters, const pg::ExtraUsage& extras);

/// Opens the entry at `index` for writing. Its counter is odd until EndWrite.
inline SlotEntry* BeginWrite(uint32 index) {
  SlotEntry* entry = &own.entries[index];
  last_used[index] = own.slot->changes;
  entry->sequence++;
  pg_write_barrier();
  return entry;
}

inline void EndWrite(SlotEntry* entry) {
  pg_write_barrier();
  entry->sequence++;
  const uint32 changes = ++own.slot->changes;
  if (unlikely(changes - own.drained >= kUpdatesBetweenDrains)) DrainOwn();
}

inline void CountPlan(SlotEntry* entry, uint64 planid, uint64 exec_ns) {
  core::PlanCount* plan = &entry->counters.plans[0];  // of most statements the only one
  if (unlikely(plan->planid != planid)) plan = LaterPlace(entry, planid);
  if (unlikely(plan == nullptr)) return;
  plan->calls++;
  plan->exec_ns += exec_ns;
}

static_assert(core::kWalBuffersFull - core::kSharedHit + 1 == pg::kUsageCount);
static_assert(core::kWorkersLaunched - core::kJitFunctions + 1 == pg::kExtraCount);

inline void AddUsage(core::SlotCounters* counters, const pg::ResourceUsage& usage) {
  if (unlikely(usage.set != pg::kUsageReads)) return AddAllUsage(counters, usage);
  pg::AddAll<pg::kSharedReads>(counters->count + core::kSharedHit, usage.value);
}

}  // namespace detail

/// Counts an execution that succeeded, and its planning where that was not counted yet. *hint is where the statement's entry
/// was last time, or any number; updated. `extras` may be null.
pg_attribute_always_inline void RecordExecution(const Execution* execution, uint32* hint, const pg::ExtraUsage* extras) {
  const TimestampTz now = GetCurrentStatementStartTimestamp();  // before there is more to be kept over the call
  const uint32 index = *hint;
  SlotEntry* entry = nullptr;
  if (likely(index < detail::kMaxEntries && detail::tags[index] == execution->key))
    entry = detail::BeginWrite(index);
  else
    entry = detail::Open(execution->key, hint);
  if (unlikely(entry == nullptr)) {
    if (execution->count_planning) CountLost();  // two events are lost at once
    return;
  }
  const uint64 exec_ns = execution->exec_ns;
  if (likely(execution->planid != 0)) detail::CountPlan(entry, execution->planid, exec_ns);
  core::SlotCounters* counters = &entry->counters;
  const uint32 epoch = detail::area->epoch;
  if (execution->count_planning) core::CountPlanning(counters, execution->plan_ns, epoch);
  core::CountExecution(counters, exec_ns, epoch);
  counters->count[core::kRows] += execution->rows;
  counters->count[core::kInnerCalls + static_cast<int>(execution->origin)]++;
  detail::AddUsage(counters, execution->usage);
  if (unlikely(extras != nullptr)) detail::AddExtras(counters, *extras);
  if (unlikely(execution->cpu_ns != 0)) {
    counters->count[core::kCpuNs] += execution->cpu_ns;
    counters->count[core::kCpuExecNs] += exec_ns;
  }
  counters->last_call = now;
  detail::EndWrite(entry);
}

}  // namespace steward::store
