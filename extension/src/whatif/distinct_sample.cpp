// See distinct_sample.hpp.
#include "whatif/distinct_sample.hpp"

#include <algorithm>

#include "whatif/index_rows.hpp"
#include "whatif/row_sample.hpp"

extern "C" {
#include "nodes/nodeFuncs.h"
#include "storage/bufmgr.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
}

namespace steward::whatif {

namespace {

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

uint64 Combine(uint64 hash, uint32 image) {
  hash = (hash ^ image) * 0x9E3779B97F4A7C15ULL;
  return hash ^ hash >> 29;
}

// One number for a combination of values; NULL is a value.
uint64 HashRow(TupleTableSlot* slot, const int* attnums, int count) {
  uint64 hash = 0;
  for (int i = 0; i < count; ++i) {
    bool is_null = false;
    const Datum value = slot_getattr(slot, attnums[i], &is_null);
    const Form_pg_attribute attribute = TupleDescAttr(slot->tts_tupleDescriptor, attnums[i] - 1);
    const uint32 image = is_null ? 0 : datum_image_hash(value, attribute->attbyval, attribute->attlen);
    hash = Combine(hash, image);
  }
  return hash;
}

struct SampledColumns {
  const int* attnums;
  int count;
  uint64* hashes;
  int rows;
};

bool AddRow(TupleTableSlot* slot, void* state) {
  auto* columns = static_cast<SampledColumns*>(state);
  columns->hashes[columns->rows++] = HashRow(slot, columns->attnums, columns->count);
  return columns->rows < kRows;
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
  if (pages == 0 || rows < 1) return -1;
  bool found = false;
  Remembered* remembered = Recall(relation, attnums, count, &found);
  if (found && IsFresh(*remembered, pages)) return remembered->share * rows;
  remembered->pages = 0;  // not fresh, should the sampling fail
  auto* hashes = static_cast<uint64*>(palloc(sizeof(uint64) * kRows));
  SampledColumns columns{attnums, count, hashes, 0};
  const int sampled = SampleRows(relation, kRows, AddRow, &columns);
  const double distinct = sampled == 0 ? -1 : Duj1(hashes, sampled, rows);
  pfree(hashes);
  if (distinct < 0) return -1;
  remembered->pages = pages;
  remembered->share = distinct / rows;
  return distinct;
}

namespace {

constexpr int kFewestRows = 200;

struct KeyPrefixes {
  int count;
  uint64* hashes[INDEX_MAX_KEYS];  // of the first column, the first two, ...
  int16 lengths[INDEX_MAX_KEYS];
  bool by_value[INDEX_MAX_KEYS];
  int rows;
};

bool AddPrefixes(const Datum* values, const bool* nulls, void* state) {
  auto* prefixes = static_cast<KeyPrefixes*>(state);
  uint64 hash = 0;
  for (int i = 0; i < prefixes->count; ++i) {
    hash = Combine(hash, nulls[i] ? 0 : datum_image_hash(values[i], prefixes->by_value[i], prefixes->lengths[i]));
    prefixes->hashes[i][prefixes->rows] = hash;
  }
  return ++prefixes->rows < kRows;
}

}  // namespace

bool SampleKeyDistinct(Relation relation, const IndexOptInfo* info, double rows, double* distinct) {
  KeyPrefixes prefixes{};
  prefixes.count = info->nkeycolumns;
  const ListCell* expression = list_head(info->indexprs);
  for (int i = 0; i < info->nkeycolumns; ++i) {
    Oid type = InvalidOid;
    if (info->indexkeys[i] != 0) {
      type = TupleDescAttr(RelationGetDescr(relation), info->indexkeys[i] - 1)->atttypid;
    } else {
      type = exprType(static_cast<Node*>(lfirst(expression)));
      expression = lnext(info->indexprs, expression);
    }
    get_typlenbyval(type, &prefixes.lengths[i], &prefixes.by_value[i]);
    prefixes.hashes[i] = static_cast<uint64*>(palloc(sizeof(uint64) * kRows));
  }
  SampleIndexRows(relation, info, kRows, AddPrefixes, &prefixes);
  for (int i = 0; i < prefixes.count && prefixes.rows >= kFewestRows; ++i)
    distinct[i] = Duj1(prefixes.hashes[i], prefixes.rows, rows);
  for (int i = 0; i < prefixes.count; ++i) pfree(prefixes.hashes[i]);
  return prefixes.rows >= kFewestRows;
}

}  // namespace steward::whatif
