// The distribution of a column as one ascending row of points: common values, histogram bounds, and the share of rows
// below each. Owns finding the value for a position or a frequency.
#pragma once

#include "pg/column_statistics.hpp"
#include "pg/postgres.hpp"

namespace steward::whatif {

struct Point {
  Datum value;
  double number;     // on ToScalar's line, when the distribution is `scalar`
  double frequency;  // of a common value, else 0
  double below;      // share of rows (NULL aside) below the value
  double through;    // share of rows below or equal
};

struct Distribution {
  Oid type;
  bool scalar;
  int count;
  Point* points;
};

/// Sorts the statistics with the type's default order. False when the type has none or nothing is known of the column.
bool MakeDistribution(const pg::ColumnStatistics& column, Distribution* out);

/// The value below which `position` of the rows lie; through which, when `inclusive`. Interpolates where the type is
/// scalar.
Datum ValueAt(const Distribution& distribution, double position, bool inclusive);

}  // namespace steward::whatif
