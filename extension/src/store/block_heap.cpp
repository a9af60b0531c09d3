// Chains of 256-byte blocks with a free list. See block_heap.hpp.
#include "store/block_heap.hpp"

#include "settings.hpp"

namespace steward::store {

namespace {

constexpr uint32 kPayload = 248;

struct Block {
  HeapRef next;   // index + 1 of the next block of the chain or of the free list; 0 ends it
  uint32 length;  // of the whole string, in its first block
  char payload[kPayload];
};
static_assert(sizeof(Block) == 256);

struct Heap {
  uint32 blocks;
  uint32 used;
  HeapRef free;
  uint32 touched;  // blocks never handed out start here
  Block block[FLEXIBLE_ARRAY_MEMBER];
};

Heap* heap = nullptr;

uint32 BlockCount() { return static_cast<uint32>(static_cast<Size>(settings.text_memory_kb) * 1024 / sizeof(Block)); }

uint32 BlocksFor(uint32 length) { return (length + kPayload - 1) / kPayload; }

Block& At(HeapRef ref) { return heap->block[ref - 1]; }

HeapRef Take() {
  HeapRef ref = heap->free;
  if (ref != 0)
    heap->free = At(ref).next;
  else
    ref = ++heap->touched;
  heap->used++;
  return ref;
}

}  // namespace

Size HeapRegionSize() { return offsetof(Heap, block) + static_cast<Size>(BlockCount()) * sizeof(Block); }

void HeapAttach(void* base, bool init) {
  heap = static_cast<Heap*>(base);
  if (init) heap->blocks = BlockCount();
}

HeapRef HeapPut(const char* data, uint32 length) {
  const uint32 needed = BlocksFor(length);
  if (length == 0 || needed > heap->blocks - heap->used) return 0;
  HeapRef first = 0;
  HeapRef last = 0;
  for (uint32 done = 0; done < length; done += kPayload) {
    const HeapRef ref = Take();
    Block& block = At(ref);
    block.next = 0;
    memcpy(block.payload, data + done, Min(kPayload, length - done));
    if (first == 0)
      first = ref;
    else
      At(last).next = ref;
    last = ref;
  }
  At(first).length = length;
  return first;
}

uint32 HeapLength(HeapRef ref) { return ref == 0 ? 0 : At(ref).length; }

Size HeapFootprint(uint32 length) { return static_cast<Size>(BlocksFor(length)) * sizeof(Block); }

void HeapGet(HeapRef ref, char* out) {
  uint32 left = HeapLength(ref);
  for (; ref != 0 && left > 0; ref = At(ref).next) {
    const uint32 part = Min(kPayload, left);
    memcpy(out, At(ref).payload, part);
    out += part;
    left -= part;
  }
}

void HeapFree(HeapRef ref) {
  while (ref != 0) {
    const HeapRef next = At(ref).next;
    At(ref).next = heap->free;
    heap->free = ref;
    heap->used--;
    ref = next;
  }
}

Size HeapUsedBytes() { return static_cast<Size>(heap->used) * sizeof(Block); }

Size HeapTotalBytes() { return static_cast<Size>(heap->blocks) * sizeof(Block); }

}  // namespace steward::store
