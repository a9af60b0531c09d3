// See key_sample.hpp.
#include "whatif/key_sample.hpp"

#include <algorithm>
#include <cmath>

#include "whatif/index_rows.hpp"

extern "C" {
#include "access/gin.h"
#include "access/gist.h"
#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace steward::whatif {

namespace {

constexpr int kRows = 10000;
constexpr int kKeys = 1 << 20;   // as many as are remembered
constexpr int kOftenEnough = 4;  // rows of the sample with a key, for its share to be taken as that of all rows

struct KeyColumn {
  bool has_function;  // extracts keys (GIN) or compresses values (GiST)
  FmgrInfo function;
  Oid collation;
  TupleDesc stored;  // of one key (GIN)
  int16 length;
  bool by_value;
};

// A key's image and, in the lowest bits, its bytes as stored.
constexpr uint64 kSizeBits = 0xFFF;

double SizeOf(uint64 hash) {
  return static_cast<double>(hash & kSizeBits);
}

uint64 HashOf(uint64 image, int column, Size bytes) {
  const uint64 hash = (image << 8 | static_cast<uint64>(column)) * 0x9E3779B97F4A7C15ULL;
  return (hash & ~kSizeBits) | std::min<uint64>(bytes, kSizeBits);
}

struct KeySample {
  const IndexOptInfo* info;
  KeyColumn columns[INDEX_MAX_KEYS];
  TupleDesc stored;  // of a tuple (GiST)
  uint64* hashes;
  int nhashes;
  int rows;
  double bytes;  // of all tuples (GiST)
};

Oid TypeOfColumn(Relation relation, const IndexOptInfo* info, int column) {
  if (info->indexkeys[column] != 0)
    return TupleDescAttr(RelationGetDescr(relation), info->indexkeys[column] - 1)->atttypid;
  int expression = 0;
  for (int i = 0; i < column; ++i) expression += info->indexkeys[i] == 0 ? 1 : 0;
  return exprType(static_cast<Node*>(list_nth(info->indexprs, expression)));
}

void SetFunction(const IndexOptInfo* info, int column, int number, KeyColumn* key) {
  const Oid type = info->opcintype[column];
  const Oid function = get_opfamily_proc(info->opfamily[column], type, type, static_cast<int16>(number));
  key->has_function = OidIsValid(function);
  key->collation = OidIsValid(info->indexcollations[column]) ? info->indexcollations[column] : DEFAULT_COLLATION_OID;
  if (!key->has_function) return;
  fmgr_info(function, &key->function);
  if (info->opclassoptions[column] != nullptr) set_fn_opclass_options(&key->function, info->opclassoptions[column]);
}

int HashesOfKeys(KeySample* sample, int column, Datum value, uint64* hashes, int room) {
  KeyColumn& key = sample->columns[column];
  int32 count = 0;
  bool* nulls = nullptr;
  auto* entries = reinterpret_cast<Datum*>(DatumGetPointer(
      FunctionCall3Coll(&key.function, key.collation, value, PointerGetDatum(&count), PointerGetDatum(&nulls))));
  count = std::min(entries == nullptr ? 0 : count, room);
  bool not_null = false;
  for (int i = 0; i < count; ++i) {
    const bool null = nulls != nullptr && nulls[i];
    Size bytes = null ? 0 : heap_compute_data_size(key.stored, &entries[i], &not_null);
    if (sample->info->nkeycolumns > 1) bytes += sizeof(int32);  // the column's number, aligned
    hashes[i] = HashOf(null ? 0 : datum_image_hash(entries[i], key.by_value, key.length), column, bytes);
  }
  return count;
}

// A row without keys in a column, or with NULL, has one entry that says so.
bool AddRowKeys(const Datum* values, const bool* nulls, void* state) {
  auto* sample = static_cast<KeySample*>(state);
  uint64* own = sample->hashes + sample->nhashes;
  int count = 0;
  for (int i = 0; i < sample->info->nkeycolumns; ++i) {
    const int room = kKeys - sample->nhashes - count - sample->info->nkeycolumns;
    if (room <= 0) return false;
    const int found =
        nulls[i] || !sample->columns[i].has_function ? 0 : HashesOfKeys(sample, i, values[i], own + count, room);
    if (found == 0) own[count] = HashOf(0, i, 0);
    count += Max(found, 1);
  }
  std::sort(own, own + count);
  sample->nhashes += static_cast<int>(std::unique(own, own + count) - own);
  ++sample->rows;
  return true;
}

// Keys that occur the same number of times in the sample.
struct Seen {
  double keys;
  double bytes;
};

struct Grouping {
  core::GinKeys* groups;
  int count;
  double scale;             // rows of the index to rows of the sample
  Seen seen[kOftenEnough];  // once, twice, ...
};

// Keys come by how often they occur, so that a group is filled before the next begins.
void AddKey(Grouping* grouping, int occurrences, double bytes) {
  if (occurrences < kOftenEnough && grouping->scale > 1.01) {
    grouping->seen[occurrences].keys += 1;
    grouping->seen[occurrences].bytes += bytes;
    return;
  }
  const double rows = occurrences * grouping->scale;
  core::GinKeys* last = grouping->count == 0 ? nullptr : &grouping->groups[grouping->count - 1];
  if (last == nullptr || (last->rows_per_key < 0.8 * rows && grouping->count < kMostKeyGroups - 2)) {
    grouping->groups[grouping->count++] = {1, rows, bytes};
    return;
  }
  last->rows_per_key = (last->rows_per_key * last->keys + rows) / (last->keys + 1);
  last->key_bytes = (last->key_bytes * last->keys + bytes) / (last->keys + 1);
  last->keys += 1;
}

void AddGroup(Grouping* grouping, double keys, double rows_per_key, const Seen& like) {
  if (keys >= 1)
    grouping->groups[grouping->count++] = {keys, std::max(1.0, rows_per_key), like.bytes / std::max(1.0, like.keys)};
}

// The rarer keys. Documents hold keys of their own beside keys that several share, which no estimate from single keys
// alone tells apart. How many of the keys seen three times there are for those seen twice says how often shared keys
// occur in the sample (Poisson), hence how many of them were seen once, or not at all; the rest are single. Where too
// few are seen thrice: the estimator of Haas and Stokes that ANALYZE uses.
void AddRareKeys(Grouping* grouping) {
  const Seen& once = grouping->seen[1];
  const Seen& twice = grouping->seen[2];
  const Seen& thrice = grouping->seen[3];
  const double scale = grouping->scale;
  const double entries = once.keys + 2 * twice.keys + 3 * thrice.keys;
  if (entries < 1) return;
  if (thrice.keys < 10) {
    const double keys = once.keys + twice.keys + thrice.keys;
    const double distinct = entries * keys / (entries - once.keys + once.keys / scale);
    AddGroup(grouping, distinct, entries * scale / distinct, {keys, once.bytes + twice.bytes + thrice.bytes});
    return;
  }
  const double mean = 3 * thrice.keys / std::max(1.0, twice.keys);
  const double shared_once = std::min(once.keys, 2 * twice.keys / mean);
  const double shared = shared_once / mean + shared_once + twice.keys + thrice.keys;
  AddGroup(grouping, shared, (entries - once.keys + shared_once) * scale / shared,
           {twice.keys + thrice.keys, twice.bytes + thrice.bytes});
  AddGroup(grouping, (once.keys - shared_once) * scale, 1, once);
}

struct KeyCount {
  int occurrences;
  float bytes;
};

int GroupKeys(KeySample* sample, double rows, core::GinKeys* groups) {
  Grouping grouping{};
  grouping.groups = groups;
  grouping.scale = std::max(1.0, rows / sample->rows);
  std::sort(sample->hashes, sample->hashes + sample->nhashes);
  auto* counts = static_cast<KeyCount*>(palloc(sizeof(KeyCount) * static_cast<Size>(sample->nhashes)));
  int keys = 0;
  for (int i = 0; i < sample->nhashes; ++keys) {
    const int first = i;
    while (i < sample->nhashes && sample->hashes[i] == sample->hashes[first]) ++i;
    counts[keys] = {i - first, static_cast<float>(SizeOf(sample->hashes[first]))};
  }
  std::sort(counts, counts + keys, [](const KeyCount& a, const KeyCount& b) { return a.occurrences < b.occurrences; });
  for (int i = 0; i < keys; ++i) AddKey(&grouping, counts[i].occurrences, static_cast<double>(counts[i].bytes));
  pfree(counts);
  AddRareKeys(&grouping);
  return grouping.count;
}

bool AddRowBytes(const Datum* values, const bool* nulls, void* state) {
  auto* sample = static_cast<KeySample*>(state);
  Datum stored[INDEX_MAX_KEYS] = {};
  bool any_null = false;
  for (int i = 0; i < sample->info->ncolumns; ++i) {
    stored[i] = values[i];
    any_null = any_null || nulls[i];
    if (nulls[i] || i >= sample->info->nkeycolumns || !sample->columns[i].has_function) continue;
    GISTENTRY entry;
    gistentryinit(entry, values[i], nullptr, nullptr, 0, true);
    KeyColumn& key = sample->columns[i];
    const auto* made = reinterpret_cast<GISTENTRY*>(
        DatumGetPointer(FunctionCall1Coll(&key.function, key.collation, PointerGetDatum(&entry))));
    stored[i] = made->key;
  }
  sample->bytes += static_cast<double>(heap_compute_data_size(sample->stored, stored, const_cast<bool*>(nulls)));
  if (any_null) sample->bytes += 8;
  ++sample->rows;
  return true;
}

TupleDesc DescribeStored(Relation relation, const HypotheticalIndex& part, int first, int count) {
  TupleDesc stored = CreateTemplateTupleDesc(count);
  for (int i = 0; i < count; ++i)
    TupleDescInitEntry(stored, static_cast<AttrNumber>(i + 1), nullptr, StoredType(relation, part, first + i), -1, 0);
  return stored;
}

}  // namespace

Oid StoredType(Relation relation, const HypotheticalIndex& part, int column) {
  const Oid own = TypeOfColumn(relation, part.info, column);
  if (column >= part.info->nkeycolumns) return own;
  HeapTuple tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(part.opclasses[column]));
  if (!HeapTupleIsValid(tuple)) return own;
  const Oid type = reinterpret_cast<Form_pg_opclass>(GETSTRUCT(tuple))->opckeytype;
  ReleaseSysCache(tuple);
  if (!OidIsValid(type)) return own;
  if (type == ANYELEMENTOID) {
    const Oid element = get_base_element_type(own);
    return OidIsValid(element) ? element : own;
  }
  return type;
}

int SampleGinKeys(Relation relation, const HypotheticalIndex& part, core::GinKeys* groups) {
  auto* sample = static_cast<KeySample*>(palloc0(sizeof(KeySample)));
  sample->info = part.info;
  for (int i = 0; i < part.info->nkeycolumns; ++i) {
    KeyColumn* key = &sample->columns[i];
    SetFunction(part.info, i, GIN_EXTRACTVALUE_PROC, key);
    key->stored = DescribeStored(relation, part, i, 1);
    get_typlenbyval(StoredType(relation, part, i), &key->length, &key->by_value);
  }
  sample->hashes = static_cast<uint64*>(palloc(sizeof(uint64) * kKeys));
  SampleIndexRows(relation, part.info, kRows, AddRowKeys, sample);
  const int count = sample->rows == 0 ? 0 : GroupKeys(sample, part.rows, groups);
  pfree(sample->hashes);
  return count;
}

double SampleGistBytes(Relation relation, const HypotheticalIndex& part) {
  auto* sample = static_cast<KeySample*>(palloc0(sizeof(KeySample)));
  sample->info = part.info;
  for (int i = 0; i < part.info->nkeycolumns; ++i) SetFunction(part.info, i, GIST_COMPRESS_PROC, &sample->columns[i]);
  sample->stored = DescribeStored(relation, part, 0, part.info->ncolumns);
  SampleIndexRows(relation, part.info, kRows, AddRowBytes, sample);
  return sample->rows == 0 ? -1 : sample->bytes / sample->rows;
}

}  // namespace steward::whatif
