// Drawing one value: matching a shape, or from statistics alone. Owns the choice of values; DrawValues decides per
// parameter which to use.
#pragma once

#include "pg/column_statistics.hpp"
#include "store/plannable_record.hpp"
#include "whatif/values_distribution.hpp"

namespace steward::whatif {

/// A drawn value of the parameter's own type.
struct Drawn {
  Datum value;
  bool known;  // false: no value of this type can be made up
};

/// What is known of the column that a parameter is compared with; `column` is nullptr without statistics.
struct Ground {
  const pg::ColumnStatistics* column;
  const Distribution* distribution;  // nullptr when there is no order
};

/// Numbers in 0..1 that spread out evenly over draws 0, 1, 2, ...: 1/2, 1/4, 3/4, ... (van der Corput's sequence, base
/// 2).
double Spread(int draw);

Drawn DrawEquality(const store::PlannableParam& param, const Ground& ground, int draw);
Drawn DrawList(const store::PlannableParam& param, const Ground& ground, int draw);
Drawn DrawPattern(const store::PlannableParam& param, const Ground& ground, int draw);
/// A bound at `position` of the column's distribution.
Drawn DrawBound(const store::PlannableParam& param, const Ground& ground, double position);

/// Any value of `type`, for places where the plan does not depend on which one it is.
Drawn AnyValue(Oid type);

/// `value` of type `from` as a value of type `to`.
Datum Convert(Datum value, Oid from, Oid to);

}  // namespace steward::whatif
