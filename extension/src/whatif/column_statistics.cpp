// See column_statistics.hpp.
#include "whatif/column_statistics.hpp"

#include <algorithm>
#include <cmath>

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "statistics/statistics.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
}

namespace steward::whatif {

namespace {

constexpr int kLongestShortHeader = 126;  // bytes of a value that is stored with a one-byte header

// Bytes of an alignment code of pg_type.
int AlignmentBytes(char code) {
  switch (code) {
    case TYPALIGN_CHAR:
      return 1;
    case TYPALIGN_SHORT:
      return 2;
    case TYPALIGN_INT:
      return 4;
    default:
      return 8;
  }
}

double StoredLength(Datum value, int16 type_length) {
  if (type_length != -1)
    return type_length == -2 ? static_cast<double>(strlen(DatumGetCString(value)) + 1) : type_length;
  const auto payload = static_cast<double>(VARSIZE_ANY_EXHDR(DatumGetPointer(value)));
  return payload + (payload <= kLongestShortHeader ? 1 : VARHDRSZ);
}

struct Spread {
  double weight;
  double sum;
  double squares;
};

void AddValues(HeapTuple statistics, int kind, int16 type_length, Spread* spread) {
  AttStatsSlot slot;
  const int flags = ATTSTATSSLOT_VALUES | (kind == STATISTIC_KIND_MCV ? ATTSTATSSLOT_NUMBERS : 0);
  if (!get_attstatsslot(&slot, statistics, kind, InvalidOid, flags)) return;
  double rest = 1 - reinterpret_cast<Form_pg_statistic>(GETSTRUCT(statistics))->stanullfrac - spread->weight;
  rest = std::max(rest, 0.0);
  for (int i = 0; i < slot.nvalues; ++i) {
    const double weight =
        kind == STATISTIC_KIND_MCV ? static_cast<double>(slot.numbers[i]) : rest / std::max(1, slot.nvalues);
    const double length = StoredLength(slot.values[i], type_length);
    spread->weight += weight;
    spread->sum += weight * length;
    spread->squares += weight * length * length;
  }
  free_attstatsslot(&slot);
}

// How much stored lengths vary, from the values that statistics keep. Only lengths are looked at.
double WidthDeviation(HeapTuple statistics, int16 type_length) {
  if (type_length != -1) return 0;
  Spread spread{};
  AddValues(statistics, STATISTIC_KIND_MCV, type_length, &spread);
  AddValues(statistics, STATISTIC_KIND_HISTOGRAM, type_length, &spread);
  if (spread.weight <= 0) return 0;
  const double mean = spread.sum / spread.weight;
  return std::sqrt(std::max(0.0, spread.squares / spread.weight - mean * mean));
}

double DistinctOf(double stadistinct, double null_fraction, double rows) {
  if (stadistinct > 0) return stadistinct;
  if (stadistinct < 0) return std::max(1.0, -stadistinct * rows);
  return std::min(static_cast<double>(DEFAULT_NUM_DISTINCT), std::max(1.0, rows * (1 - null_fraction)));
}

double Correlation(HeapTuple statistics) {
  AttStatsSlot slot;
  if (!get_attstatsslot(&slot, statistics, STATISTIC_KIND_CORRELATION, InvalidOid, ATTSTATSSLOT_NUMBERS)) return 0;
  const double correlation = slot.nnumbers > 0 ? static_cast<double>(slot.numbers[0]) : 0;
  free_attstatsslot(&slot);
  return correlation;
}

void SetAlignment(Oid type, core::IndexColumn* column) {
  int16 length = 0;
  bool by_value = false;
  char code = TYPALIGN_INT;
  get_typlenbyvalalign(type, &length, &by_value, &code);
  const bool short_header = length == -1 && column->average_width <= kLongestShortHeader;
  column->alignment = short_header ? 1 : AlignmentBytes(code);
}

ColumnFacts WithoutStatistics(Oid type, int32 typmod, double rows) {
  ColumnFacts facts{};
  facts.stored.average_width = get_typavgwidth(type, typmod);
  SetAlignment(type, &facts.stored);
  facts.distinct = DistinctOf(0, 0, rows);
  return facts;
}

}  // namespace

ColumnFacts FactsOfColumn(Relation relation, int attnum, double rows) {
  const Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation), attnum - 1);
  HeapTuple tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(RelationGetRelid(relation)),
                                    Int16GetDatum(static_cast<int16>(attnum)), BoolGetDatum(false));
  if (!HeapTupleIsValid(tuple)) return WithoutStatistics(attribute->atttypid, attribute->atttypmod, rows);
  const auto* statistics = reinterpret_cast<Form_pg_statistic>(GETSTRUCT(tuple));
  ColumnFacts facts{};
  facts.stored.average_width = statistics->stawidth;
  facts.stored.width_deviation = WidthDeviation(tuple, attribute->attlen);
  facts.stored.null_fraction = static_cast<double>(statistics->stanullfrac);
  SetAlignment(attribute->atttypid, &facts.stored);
  facts.distinct = DistinctOf(static_cast<double>(statistics->stadistinct), facts.stored.null_fraction, rows);
  facts.correlation = Correlation(tuple);
  ReleaseSysCache(tuple);
  return facts;
}

ColumnFacts FactsOfExpression(Relation relation, Node* expression, double rows) {
  const Oid type = exprType(expression);
  ColumnFacts facts = WithoutStatistics(type, exprTypmod(expression), rows);
  int attnum = 0;
  ListCell* cell = nullptr;
  foreach (cell, pull_var_clause(expression, 0)) {
    const auto* var = lfirst_node(Var, cell);
    if (var->varattno <= 0 || (attnum != 0 && var->varattno != attnum)) return facts;
    attnum = var->varattno;
  }
  if (attnum == 0) return facts;
  const ColumnFacts column = FactsOfColumn(relation, attnum, rows);
  facts.distinct = column.distinct;
  facts.stored.null_fraction = column.stored.null_fraction;
  if (TupleDescAttr(RelationGetDescr(relation), attnum - 1)->atttypid == type) facts.stored = column.stored;
  return facts;
}

namespace {

bool SameColumns(const MVNDistinctItem* item, const int* attnums, int count) {
  if (item->nattributes != count) return false;
  return std::all_of(attnums, attnums + count, [&](int attnum) {
    return std::find(item->attributes, item->attributes + item->nattributes, static_cast<AttrNumber>(attnum)) !=
           item->attributes + item->nattributes;
  });
}

double DistinctInObject(Oid object, const int* attnums, int count) {
  HeapTuple tuple = SearchSysCache2(STATEXTDATASTXOID, ObjectIdGetDatum(object), BoolGetDatum(false));
  if (!HeapTupleIsValid(tuple)) return -1;
  const bool built = statext_is_kind_built(tuple, STATS_EXT_NDISTINCT);
  ReleaseSysCache(tuple);
  if (!built) return -1;
  const MVNDistinct* statistics = statext_ndistinct_load(object, false);
  for (uint32 i = 0; i < statistics->nitems; ++i)
    if (SameColumns(&statistics->items[i], attnums, count)) return statistics->items[i].ndistinct;
  return -1;
}

}  // namespace

double ExtendedDistinct(Relation relation, const int* attnums, int count, double rows) {
  if (count < 2 || std::find(attnums, attnums + count, 0) != attnums + count) return -1;
  ListCell* cell = nullptr;
  foreach (cell, RelationGetStatExtList(relation)) {
    const double distinct = DistinctInObject(lfirst_oid(cell), attnums, count);
    if (distinct > 0) return std::min(distinct, rows);
  }
  return -1;
}

}  // namespace steward::whatif
