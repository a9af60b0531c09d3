// See expression_statistics.hpp.
#include "whatif/expression_statistics.hpp"

#include "pg/compat.hpp"
#include "whatif/index_rows.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "commands/vacuum.h"
#include "common/hashfn.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"
}

namespace steward::whatif {

namespace {

constexpr int kRows = 10000;     // of all partitions
constexpr int kRowsOfPart = 500;  // at least
constexpr int kFewestRows = 200;
constexpr Size kMostBytes = Size{32} << 20;       // of the values sampled
constexpr Size kMostRemembered = Size{8} << 20;  // bytes

struct Key {
  Oid relid;
  Oid collation;      // of the index's column
  uint64 expression;  // hash of its text
};

// What is to be known.
struct Question {
  Relation relation;
  Node* expression;
  Oid collation;
  double rows;
  int sampled;  // at most
};

struct Remembered {
  Key key;
  BlockNumber pages;
  HeapTuple statistics;  // null: too few rows
};

HTAB* memory = nullptr;
MemoryContext remembered_rows = nullptr;

struct Values {
  MemoryContext context;
  int16 length;
  bool by_value;
  int most;
  Size bytes;
  int count;
  Datum* value;
  bool* null;
};

bool AddValue(const Datum* values, const bool* nulls, void* state) {
  auto* all = static_cast<Values*>(state);
  const MemoryContext before = MemoryContextSwitchTo(all->context);
  all->null[all->count] = nulls[0];
  all->value[all->count] = nulls[0] ? Datum{0} : datumCopy(values[0], all->by_value, all->length);
  MemoryContextSwitchTo(before);
  if (!nulls[0] && !all->by_value) all->bytes += datumGetSize(all->value[all->count], false, all->length);
  return ++all->count < all->most && all->bytes < kMostBytes;
}

Values Sample(const Question& question) {
  Values values{};
  values.context = CurrentMemoryContext;
  values.most = question.sampled;
  get_typlenbyval(exprType(question.expression), &values.length, &values.by_value);
  values.value = static_cast<Datum*>(palloc(sizeof(Datum) * static_cast<Size>(values.most)));
  values.null = static_cast<bool*>(palloc(sizeof(bool) * static_cast<Size>(values.most)));
  int column = 0;
  auto* info = makeNode(IndexOptInfo);
  info->ncolumns = info->nkeycolumns = 1;
  info->indexkeys = &column;
  info->indexprs = list_make1(question.expression);
  SampleIndexRows(question.relation, info, values.most, AddValue, &values);
  return values;
}

Datum Fetch(VacAttrStatsP stats, int row, bool* is_null) {
  *is_null = stats->exprnulls[row];
  return stats->exprvals[row];
}

// As examine_attribute() of analyze.c does for an expression of an index.
VacAttrStats* Describe(const Question& question) {
  const Node* expression = question.expression;
  auto* stats = static_cast<VacAttrStats*>(palloc0(sizeof(VacAttrStats)));
  pg::UseDefaultTarget(stats);
  stats->attrtypid = exprType(expression);
  stats->attrtypmod = exprTypmod(expression);
  stats->attrcollid = OidIsValid(question.collation) ? question.collation : exprCollation(expression);
  HeapTuple type = SearchSysCacheCopy1(TYPEOID, ObjectIdGetDatum(stats->attrtypid));
  if (!HeapTupleIsValid(type)) elog(ERROR, "cache lookup failed for type %u", stats->attrtypid);
  stats->attrtype = reinterpret_cast<Form_pg_type>(GETSTRUCT(type));
  stats->anl_context = CurrentMemoryContext;
  stats->tupattnum = 1;
  for (int slot = 0; slot < STATISTIC_NUM_SLOTS; ++slot) {
    stats->statypid[slot] = stats->attrtypid;
    stats->statyplen[slot] = stats->attrtype->typlen;
    stats->statypbyval[slot] = stats->attrtype->typbyval;
    stats->statypalign[slot] = stats->attrtype->typalign;
  }
  return stats;
}

bool HasStatistics(VacAttrStats* stats) {
  if (OidIsValid(stats->attrtype->typanalyze))
    return DatumGetBool(OidFunctionCall1(stats->attrtype->typanalyze, PointerGetDatum(stats)));
  return std_typanalyze(stats);
}

Datum Numbers(const VacAttrStats* stats, int slot) {
  const int count = stats->numnumbers[slot];
  auto* numbers = static_cast<Datum*>(palloc(sizeof(Datum) * static_cast<Size>(count)));
  for (int i = 0; i < count; ++i) numbers[i] = Float4GetDatum(stats->stanumbers[slot][i]);
  return PointerGetDatum(construct_array(numbers, count, FLOAT4OID, sizeof(float4), true, TYPALIGN_INT));
}

// As update_attstats() of analyze.c does it.
HeapTuple ToRow(const VacAttrStats* stats) {
  Datum values[Natts_pg_statistic] = {};
  bool nulls[Natts_pg_statistic] = {};
  values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(1);
  values[Anum_pg_statistic_stanullfrac - 1] = Float4GetDatum(stats->stanullfrac);
  values[Anum_pg_statistic_stawidth - 1] = Int32GetDatum(stats->stawidth);
  values[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum(stats->stadistinct);
  for (int slot = 0; slot < STATISTIC_NUM_SLOTS; ++slot) {
    values[Anum_pg_statistic_stakind1 - 1 + slot] = Int16GetDatum(stats->stakind[slot]);
    values[Anum_pg_statistic_staop1 - 1 + slot] = ObjectIdGetDatum(stats->staop[slot]);
    values[Anum_pg_statistic_stacoll1 - 1 + slot] = ObjectIdGetDatum(stats->stacoll[slot]);
    const int numbers = Anum_pg_statistic_stanumbers1 - 1 + slot;
    nulls[numbers] = stats->numnumbers[slot] <= 0;
    if (!nulls[numbers]) values[numbers] = Numbers(stats, slot);
    const int found = Anum_pg_statistic_stavalues1 - 1 + slot;
    nulls[found] = stats->numvalues[slot] <= 0;
    if (!nulls[found])
      values[found] = PointerGetDatum(construct_array(stats->stavalues[slot], stats->numvalues[slot], stats->statypid[slot],
                                                      stats->statyplen[slot], stats->statypbyval[slot],
                                                      stats->statypalign[slot]));
  }
  Relation catalog = table_open(StatisticRelationId, AccessShareLock);
  HeapTuple row = heap_form_tuple(RelationGetDescr(catalog), values, nulls);
  table_close(catalog, AccessShareLock);
  return row;
}

// Null when too few rows could be sampled or the type has no statistics.
HeapTuple Compute(const Question& question) {
  Values values = Sample(question);
  if (values.count < kFewestRows) return nullptr;
  VacAttrStats* stats = Describe(question);
  if (!HasStatistics(stats)) return nullptr;
  stats->exprvals = values.value;
  stats->exprnulls = values.null;
  stats->rowstride = 1;
  stats->compute_stats(stats, Fetch, values.count, Max(question.rows, static_cast<double>(values.count)));
  return stats->stats_valid ? ToRow(stats) : nullptr;
}

void Forget() {
  if (memory != nullptr) hash_destroy(memory);
  memory = nullptr;
  if (remembered_rows == nullptr)
    remembered_rows = AllocSetContextCreate(TopMemoryContext, "pg_steward expressions", ALLOCSET_DEFAULT_SIZES);
  MemoryContextReset(remembered_rows);
  HASHCTL control{};
  control.keysize = sizeof(Key);
  control.entrysize = sizeof(Remembered);
  memory = hash_create("pg_steward expressions", 64, &control, HASH_ELEM | HASH_BLOBS);
}

Key KeyOf(const Question& question) {
  Key key{};
  key.relid = RelationGetRelid(question.relation);
  key.collation = question.collation;
  const char* text = deparse_expression(
      question.expression, deparse_context_for(RelationGetRelationName(question.relation), key.relid), false, false);
  key.expression = hash_bytes_extended(reinterpret_cast<const unsigned char*>(text), static_cast<int>(strlen(text)), 0);
  return key;
}

bool IsFresh(const Remembered& remembered, BlockNumber pages) {
  const double before = remembered.pages;
  return pages <= before * 1.1 && pages >= before * 0.9;
}

HeapTuple Remember(const Key& key, BlockNumber pages, HeapTuple row) {
  if (memory == nullptr || MemoryContextMemAllocated(remembered_rows, false) > kMostRemembered) Forget();
  const MemoryContext before = MemoryContextSwitchTo(remembered_rows);
  HeapTuple copy = row == nullptr ? nullptr : heap_copytuple(row);
  MemoryContextSwitchTo(before);
  bool found = false;
  auto* entry = static_cast<Remembered*>(hash_search(memory, &key, HASH_ENTER, &found));
  if (found && entry->statistics != nullptr) heap_freetuple(entry->statistics);
  entry->pages = pages;
  entry->statistics = copy;
  return row;
}

HeapTuple StatisticsOf(const Question& question) {
  const Key key = KeyOf(question);
  const BlockNumber pages = RelationGetNumberOfBlocks(question.relation);
  const auto* known =
      memory == nullptr ? nullptr : static_cast<Remembered*>(hash_search(memory, &key, HASH_FIND, nullptr));
  if (known != nullptr && IsFresh(*known, pages))
    return known->statistics == nullptr ? nullptr : heap_copytuple(known->statistics);
  MemoryContext caller = CurrentMemoryContext;
  MemoryContext work = AllocSetContextCreate(caller, "pg_steward expression", ALLOCSET_DEFAULT_SIZES);
  MemoryContextSwitchTo(work);
  HeapTuple row = Compute(question);
  MemoryContextSwitchTo(caller);
  if (row != nullptr) row = heap_copytuple(row);
  MemoryContextDelete(work);
  return Remember(key, pages, row);
}

}  // namespace

HeapTuple* StatisticsOfExpressions(Relation relation, const IndexOptInfo* info, double rows, int parts) {
  if (info->indexprs == NIL || info->indpred != NIL) return nullptr;
  auto* statistics = static_cast<HeapTuple*>(palloc0(sizeof(HeapTuple) * static_cast<Size>(info->ncolumns)));
  const ListCell* expression = list_head(info->indexprs);
  bool any = false;
  for (int i = 0; i < info->ncolumns; ++i) {
    if (info->indexkeys[i] != 0) continue;
    const Oid collation = i < info->nkeycolumns ? info->indexcollations[i] : InvalidOid;
    statistics[i] = StatisticsOf(
        {relation, static_cast<Node*>(lfirst(expression)), collation, rows, Max(kRows / Max(parts, 1), kRowsOfPart)});
    any = any || statistics[i] != nullptr;
    expression = lnext(info->indexprs, expression);
  }
  return any ? statistics : nullptr;
}

}  // namespace steward::whatif
