// See column_statistics.hpp.
#include "pg/column_statistics.hpp"

#include <cmath>

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
}

namespace steward::pg {

namespace {

double RelationTuples(Oid relid) {
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
  if (!HeapTupleIsValid(tuple)) return 0;
  const double tuples = static_cast<double>(reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->reltuples);
  ReleaseSysCache(tuple);
  return tuples;
}

HeapTuple FindStatistics(Oid relid, int16 attnum, bool inherited) {
  if (inherited) {
    HeapTuple tuple =
        SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid), Int16GetDatum(attnum), BoolGetDatum(true));
    if (HeapTupleIsValid(tuple)) return tuple;
  }
  return SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid), Int16GetDatum(attnum), BoolGetDatum(false));
}

double DistinctValues(const FormData_pg_statistic* form, Oid relid) {
  const double stored = static_cast<double>(form->stadistinct);
  if (stored > 0) return stored;
  const double tuples = RelationTuples(relid);
  if (stored < 0 && tuples > 0) return -stored * tuples;
  return 200;  // the planner's own guess
}

void ReadSlots(HeapTuple tuple, ColumnStatistics* out) {
  AttStatsSlot slot;
  if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_MCV, InvalidOid, ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS)) {
    out->type = slot.valuetype;
    out->nmcv = Min(slot.nvalues, slot.nnumbers);
    out->mcv = slot.values;
    out->mcv_frequency = slot.numbers;
    for (int i = 0; i < out->nmcv; i++) out->mcv_share += static_cast<double>(slot.numbers[i]);
  }
  if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_HISTOGRAM, InvalidOid, ATTSTATSSLOT_VALUES)) {
    out->type = slot.valuetype;
    out->nhistogram = slot.nvalues;
    out->histogram = slot.values;
  }
  if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_MCELEM, InvalidOid, ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS)) {
    out->element_type = slot.valuetype;
    out->nelements = Min(slot.nvalues, slot.nnumbers);
    out->element = slot.values;
    out->element_frequency = slot.numbers;
  }
}

}  // namespace

bool ReadColumnStatistics(Oid relid, int16 attnum, bool inherited, ColumnStatistics* out) {
  *out = ColumnStatistics{};
  if (!OidIsValid(relid) || attnum <= 0) return false;
  HeapTuple tuple = FindStatistics(relid, attnum, inherited);
  if (!HeapTupleIsValid(tuple)) return false;
  const auto* form = reinterpret_cast<const FormData_pg_statistic*>(GETSTRUCT(tuple));
  get_atttypetypmodcoll(relid, attnum, &out->type, &out->typmod, &out->collation);
  out->null_fraction = static_cast<double>(form->stanullfrac);
  out->distinct = DistinctValues(form, relid);
  ReadSlots(tuple, out);
  ReleaseSysCache(tuple);
  return true;
}

bool SameScale(Oid a, Oid b) {
  const auto is_time = [](Oid type) { return type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID; };
  return is_time(a) == is_time(b);
}

bool ToScalar(Datum value, Oid type, double* out) {
  switch (type) {
    case INT2OID:
      *out = DatumGetInt16(value);
      return true;
    case INT4OID:
      *out = DatumGetInt32(value);
      return true;
    case INT8OID:
      *out = static_cast<double>(DatumGetInt64(value));
      return true;
    case FLOAT4OID:
      *out = static_cast<double>(DatumGetFloat4(value));
      return std::isfinite(*out);
    case FLOAT8OID:
      *out = DatumGetFloat8(value);
      return std::isfinite(*out);
    case NUMERICOID:
      *out = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));
      return std::isfinite(*out);
    case DATEOID:
      *out = static_cast<double>(DatumGetDateADT(value)) * static_cast<double>(USECS_PER_DAY);
      return !DATE_NOT_FINITE(DatumGetDateADT(value));
    case TIMESTAMPOID:
    case TIMESTAMPTZOID:
      *out = static_cast<double>(DatumGetTimestamp(value));
      return !TIMESTAMP_NOT_FINITE(DatumGetTimestamp(value));
    default:
      return false;
  }
}

bool FromScalar(double number, Oid type, Datum* out) {
  const double whole = std::round(number);
  switch (type) {
    case INT2OID:
      *out = Int16GetDatum(static_cast<int16>(Min(Max(whole, PG_INT16_MIN), PG_INT16_MAX)));
      return true;
    case INT4OID:
      *out = Int32GetDatum(static_cast<int32>(Min(Max(whole, PG_INT32_MIN), PG_INT32_MAX)));
      return true;
    case INT8OID:
      if (std::fabs(whole) > 9e18) return false;
      *out = Int64GetDatum(static_cast<int64>(whole));
      return true;
    case FLOAT4OID:
      *out = Float4GetDatum(static_cast<float4>(number));
      return true;
    case FLOAT8OID:
      *out = Float8GetDatum(number);
      return true;
    case NUMERICOID:
      *out = DirectFunctionCall1(float8_numeric, Float8GetDatum(number));
      return true;
    case DATEOID: {
      const double days = std::floor(number / static_cast<double>(USECS_PER_DAY));
      if (days < DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE || days >= DATE_END_JULIAN - POSTGRES_EPOCH_JDATE)
        return false;
      *out = DateADTGetDatum(static_cast<DateADT>(days));
      return true;
    }
    case TIMESTAMPOID:
    case TIMESTAMPTZOID:
      if (whole < static_cast<double>(MIN_TIMESTAMP) || whole >= static_cast<double>(END_TIMESTAMP)) return false;
      *out = TimestampGetDatum(static_cast<Timestamp>(whole));
      return true;
    default:
      return false;
  }
}

}  // namespace steward::pg
