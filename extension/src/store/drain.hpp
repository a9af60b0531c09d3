// Merging of the backends' slots into the statement table, and the cluster-wide status of capture. Owns the reader's side
// of the slot protocol; who drains when is for others: every reader first, the static worker each second, and a backend
// whose own ring fills up.
#pragma once

#include "pg/postgres.hpp"

namespace steward::store {

/// Merges every slot. Takes store::Lock() exclusively; afterwards the tables hold every execution that had ended in any
/// backend. Call store::RequireReady() first.
void Drain();

/// The same for a caller that holds the lock exclusively.
void DrainLocked();

/// Merges one slot, or only its ring, if the lock is free right now. For its owner.
bool TryDrainSlot(uint32 slot);
bool TryDrainRing(uint32 slot);

/// Executions that had to be dropped since the last reset. Takes the lock.
[[nodiscard]] uint64 LostExecutions();

/// The same in a process that is alone, for saving, and what was saved coming back.
[[nodiscard]] uint64 LostExecutionsLocked();
void RestoreLostExecutions(uint64 lost);

/// Makes extremes start anew and lost counts begin at zero. Lock held exclusively, slots drained.
void StartEpoch(bool forget_lost);

Size DrainRegionSize();
void DrainAttach(void* base, bool init);

}  // namespace steward::store
