// What pg_statistic knows of one column, as plain arrays. Owns reading; capture measures a value against it, what-if
// draws values from it. Nothing of it is ever shown to anyone.
#pragma once

#include "pg/postgres.hpp"

namespace steward::pg {

struct ColumnStatistics {
  Oid type;  // of the values below
  int32 typmod;
  Oid collation;
  double null_fraction;
  double distinct;   // number of distinct values, absolute
  double mcv_share;  // sum of mcv_frequency
  int nmcv;
  const Datum* mcv;
  const float4* mcv_frequency;
  int nhistogram;
  const Datum* histogram;  // ascending
  int nelements;           // most common elements of an array column
  Oid element_type;
  const Datum* element;
  const float4* element_frequency;
};

/// Reads the statistics of relid.attnum, those of the whole inheritance tree when `inherited` and they exist. False
/// when there are none (or no such column). Allocates in the current memory context; C-shaped.
bool ReadColumnStatistics(Oid relid, int16 attnum, bool inherited, ColumnStatistics* out);

/// Maps a value to a number line where that has a meaning (numbers, dates, timestamps). False for other types.
bool ToScalar(Datum value, Oid type, double* out);

/// True when ToScalar puts both types, if it takes them, on the same line (time zones aside).
bool SameScale(Oid a, Oid b);

/// The value of `type` nearest to a number of ToScalar's line. False for other types.
bool FromScalar(double number, Oid type, Datum* out);

}  // namespace steward::pg
