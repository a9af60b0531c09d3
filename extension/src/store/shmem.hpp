// The shared-memory segment: a version-stamped header and a fixed sequence of regions, sized by GUCs, never growing.
// Owns allocation, the one LWLock and the preload check; each region owns its own content in a file of its own.
#pragma once

#include "pg/postgres.hpp"

namespace steward::store {

/// A part of the segment. `size` is asked once in the postmaster; `attach` gets the region's address in every process, with
/// `init` true exactly once, when the memory is fresh and zeroed.
struct Region {
  const char* name;
  Size (*size)();
  void (*attach)(void* base, bool init);
};

/// Installs the shared-memory hooks. Call from _PG_init during preload.
void InstallShmemHooks();

/// True when the library was preloaded and this process is attached.
[[nodiscard]] bool Ready();

/// Raises "must be loaded via shared_preload_libraries" with the merged line as hint (INTERFACE F4) unless Ready().
void RequireReady();

/// The lock over every region except a backend's own slot. Never held while anything may palloc, throw or ereport.
[[nodiscard]] LWLock* Lock();

/// Takes the lock if it is free in one of `looks` looks, some half microsecond apart: others hold it for microseconds. Never
/// waits in its queue.
[[nodiscard]] bool LookForLock(LWLockMode mode, int looks);

/// Bytes of the whole segment.
[[nodiscard]] Size TotalBytes();

}  // namespace steward::store
