// What capture keeps of a statement so that it can be planned again: a text with typed parameters and, for each parameter,
// where it stands and the shape of the constant it replaced. Plain data shared by capture (which writes it) and whatif
// (which plans with it); how it lies in the text heap is store/texts' business.
#pragma once

#include "pg/postgres.hpp"

namespace steward::store {

/// What kind of comparison a replaced constant took part in.
enum class ShapeKind : uint8 {
  kNone,      // unknown: draw from statistics alone
  kEquality,  // column = value; `frequency` is known
  kLower,     // column > or >= value; `position` is known
  kUpper,     // column < or <= value
  kList,      // column = ANY (list); `length` elements whose frequencies sum to `frequency`
  kPattern,   // LIKE and friends; `length` characters, see pattern_*
  kNull,      // the value was NULL
  kValue,     // inserted or assigned: no effect on the plan
};

/// One parameter $i of a plannable text. Only coarsened facts about the value, never the value.
struct PlannableParam {
  Oid type;
  int32 typmod;
  Oid collation;
  Oid relid;         // relation and column it is compared with; InvalidOid and 0 when there is none
  int16 attnum;
  Oid opno;
  ShapeKind kind;
  bool external;          // was already a parameter ($n of the client) in the statement
  bool pattern_leading;   // pattern begins with a wildcard
  bool pattern_trailing;  // pattern ends with a wildcard
  int16 pair;        // index of the parameter that bounds the same range from the other side, or -1
  uint16 length;
  float frequency;   // share of rows with this value, rounded to a factor of about 1.4; negative: unknown
  float position;    // of a bound in the column's histogram, 0..1 in steps of 1/16; negative: unknown
  float width;       // for the upper bound of a pair: distance to the lower one in histogram positions, 2 digits; negative: unknown
};

/// Why a statement cannot be costed.
enum class NotCostable : uint8 { kCostable, kUtility, kNoRelation, kTemporary, kTransition, kTooManyParameters, kTooLong,
                                 kNotDeparsed, kCurrentOf, kNoText };

}  // namespace steward::store
