// A heap of byte strings in shared memory: chains of fixed blocks, so nothing fragments and freeing is exact.
// Every function but the region's own is called with store::Lock() held (exclusively for Put and Free).
#pragma once

#include "pg/postgres.hpp"

namespace steward::store {

/// A stored string; 0 means none.
using HeapRef = uint32;

/// A byte string that may be absent.
struct Bytes {
  const char* data;
  uint32 length;
};

Size HeapRegionSize();
void HeapAttach(void* base, bool init);

/// Copies `length` bytes in. Returns 0 when the heap is full (nothing is stored) or length is 0.
[[nodiscard]] HeapRef HeapPut(const char* data, uint32 length);

/// The length given to HeapPut.
[[nodiscard]] uint32 HeapLength(HeapRef ref);

/// What a string of this length takes of the heap, blocks' overhead included.
[[nodiscard]] Size HeapFootprint(uint32 length);

/// Copies the string into `out`, which has room for HeapLength(ref) bytes. No terminator is added.
void HeapGet(HeapRef ref, char* out);

/// Gives the blocks back. 0 is ignored.
void HeapFree(HeapRef ref);

/// Bytes in use and bytes in all, blocks' overhead included.
[[nodiscard]] Size HeapUsedBytes();
[[nodiscard]] Size HeapTotalBytes();

}  // namespace steward::store
