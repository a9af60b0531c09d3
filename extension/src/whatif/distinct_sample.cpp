// See distinct_sample.hpp.
#include "whatif/distinct_sample.hpp"

#include <algorithm>

extern "C" {
#include "access/tableam.h"
#include "executor/tuptable.h"
#include "storage/bufmgr.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/snapmgr.h"
}

namespace steward::whatif {

namespace {

constexpr uint32 kPages = 3000;
constexpr int kRows = 30000;

// Columns of a table. Compared as bytes, so unused places are zero.
struct Key {
  Oid relid;
  int16 attnums[INDEX_MAX_KEYS];
};

struct Remembered {
  Key key;
  BlockNumber pages;
  double share;  // distinct per row
};

HTAB* memory = nullptr;

Remembered* Recall(Relation relation, const int* attnums, int count, bool* found) {
  if (memory == nullptr) {
    HASHCTL control{};
    control.keysize = sizeof(Key);
    control.entrysize = sizeof(Remembered);
    memory = hash_create("pg_steward distinct counts", 64, &control, HASH_ELEM | HASH_BLOBS);
  }
  Key key{};
  key.relid = RelationGetRelid(relation);
  // The order of columns does not matter.
  for (int i = 0; i < count; ++i) key.attnums[i] = static_cast<int16>(attnums[i]);
  std::sort(key.attnums, key.attnums + count);
  return static_cast<Remembered*>(hash_search(memory, &key, HASH_ENTER, found));
}

bool IsFresh(const Remembered& remembered, BlockNumber pages) {
  const double before = remembered.pages;
  return pages <= before * 1.1 && pages >= before * 0.9;
}

// One number for a combination of values; NULL is a value.
uint64 HashRow(TupleTableSlot* slot, const int* attnums, int count) {
  uint64 hash = 0;
  for (int i = 0; i < count; ++i) {
    bool is_null = false;
    const Datum value = slot_getattr(slot, attnums[i], &is_null);
    const Form_pg_attribute attribute = TupleDescAttr(slot->tts_tupleDescriptor, attnums[i] - 1);
    const uint32 image = is_null ? 0 : datum_image_hash(value, attribute->attbyval, attribute->attlen);
    hash = (hash ^ image) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 29;
  }
  return hash;
}

ItemPointerData RowPointer(BlockNumber page, OffsetNumber offset) {
  ItemPointerData pointer;
  pointer.ip_blkid = {static_cast<uint16>(page >> 16), static_cast<uint16>(page & 0xFFFF)};
  pointer.ip_posid = offset;
  return pointer;
}

struct SampledColumns {
  const int* attnums;
  int count;
};

// Adds the hashes of at most `most` rows of a page, spread over it.
int SamplePage(TableScanDesc scan, TupleTableSlot* slot, BlockNumber page, const SampledColumns& columns, int most,
               uint64* hashes) {
  uint64 all[MaxHeapTuplesPerPage];
  int rows = 0;
  ItemPointerData first = RowPointer(page, FirstOffsetNumber);
  ItemPointerData last = RowPointer(page, MaxOffsetNumber);
  table_rescan_tidrange(scan, &first, &last);
  while (rows < MaxHeapTuplesPerPage && table_scan_getnextslot_tidrange(scan, ForwardScanDirection, slot))
    all[rows++] = HashRow(slot, columns.attnums, columns.count);
  const int taken = std::min(rows, most);
  for (int i = 0; i < taken; ++i) hashes[i] = all[i * rows / taken];
  return taken;
}

int Sample(Relation relation, BlockNumber pages, const SampledColumns& columns, uint64* hashes) {
  ItemPointerData start = RowPointer(0, FirstOffsetNumber);
  TableScanDesc scan = table_beginscan_tidrange(relation, GetActiveSnapshot(), &start, &start);
  TupleTableSlot* slot = table_slot_create(relation, nullptr);
  const uint32 sampled = std::min<uint32>(pages, kPages);
  const int per_page = kRows / static_cast<int>(sampled);
  int rows = 0;
  for (uint32 i = 0; i < sampled; ++i) {
    CHECK_FOR_INTERRUPTS();
    const auto page = static_cast<BlockNumber>(static_cast<uint64>(i) * pages / sampled);
    rows += SamplePage(scan, slot, page, columns, per_page, hashes + rows);
  }
  ExecDropSingleTupleTableSlot(slot);
  table_endscan(scan);
  return rows;
}

double Duj1(uint64* hashes, int sampled, double rows) {
  std::sort(hashes, hashes + sampled);
  double distinct = 0;
  double once = 0;
  for (int i = 0; i < sampled;) {
    int next = i;
    while (next < sampled && hashes[next] == hashes[i]) ++next;
    distinct += 1;
    if (next == i + 1) once += 1;
    i = next;
  }
  const double n = sampled;
  return std::clamp(n * distinct / (n - once + once * n / std::max(rows, n)), distinct, std::max(rows, distinct));
}

}  // namespace

double SampledDistinct(Relation relation, const int* attnums, int count, double rows) {
  const BlockNumber pages = RelationGetNumberOfBlocks(relation);
  if (pages == 0 || rows < 1 || relation->rd_tableam->scan_set_tidrange == nullptr) return -1;
  bool found = false;
  Remembered* remembered = Recall(relation, attnums, count, &found);
  if (found && IsFresh(*remembered, pages)) return remembered->share * rows;
  remembered->pages = 0;  // not fresh, should the sampling fail
  auto* hashes = static_cast<uint64*>(palloc(sizeof(uint64) * kRows));
  const int sampled = Sample(relation, pages, {attnums, count}, hashes);
  const double distinct = sampled == 0 ? -1 : Duj1(hashes, sampled, rows);
  pfree(hashes);
  if (distinct < 0) return -1;
  remembered->pages = pages;
  remembered->share = distinct / rows;
  return distinct;
}

}  // namespace steward::whatif
