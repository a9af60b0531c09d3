// One predicate of a captured plan, and the facts of a plan as they lie in the text heap: a header, relation and index OIDs,
// predicate records, then the texts of expressions. Plain data shared by capture (which writes it) and the reading functions.
#pragma once

#include <type_traits>

#include "pg/postgres.hpp"

namespace steward::store {

/// What a plan does with a column. The texts that SQL shows are in plan_views.cpp.
enum class PredicateRole : uint8 { kFilter, kIndex, kJoin, kSort, kGroup, kOutput, kUpdate };

/// How a column is compared, as far as it matters to which index can serve it.
enum class PredicateKind : uint8 {
  kNone,  // sort, group, output, update
  kEquality,
  kRange,
  kList,
  kLikePrefix,
  kLikeInfix,
  kIsNull,
  kNotEqual,
  kContainment,
  kOther,
};

enum PredicateFlags : uint8 {
  kDescending = 1,
  kNullsFirst = 2,
  kMeasured = 8,  // its selectivity is that of the whole scan, which instrumented runs measure
};

/// What a condition that compares with no value says of its column, shown as operator. A partial index on it serves every
/// statement that says the same. IS NULL is a kind.
enum class ColumnTest : uint8 {
  kNone,
  kNotNull,
  kTrue,   // the column alone, or compared with a constant
  kFalse,  // the column negated
  kIsTrue,
  kIsNotTrue,
  kIsFalse,
  kIsNotFalse,
};

/// A predicate on one column or expression of one scan. Names are looked up when it is read.
struct PredicateRecord {
  Oid relid;
  Oid other_relid;  // join partner, or 0
  Oid opno;         // with the column on the left, or 0
  int16 attnum;     // 0: the expression whose text has expression_length bytes; negative: a system column
  int16 other_attnum;
  int32 node;  // plan_node_id of the node that measures it
  uint16 scan_no;
  uint16 position;  // 1.. in ORDER BY and GROUP BY, else 0
  uint16 expression_length;
  PredicateRole role;
  PredicateKind kind;
  uint8 flags;
  ColumnTest test;
  float estimated;    // selectivity; negative: unknown
  double passed;      // rows that the scan returned, over all measured executions
  double seen;        // rows of the relation, each time it was scanned
  uint64 executions;  // measured ones
};
static_assert(std::is_trivially_copyable_v<PredicateRecord>);

/// The start of a plan's facts.
struct PlanFacts {
  uint32 predicates;
  uint16 relations;
  uint16 indexes;
};

constexpr int kMaxPredicates = 256;      // of one plan
constexpr int kMaxPlanRelations = 64;    // listed for one plan; the rest is not shown
constexpr int kMaxExpressionBytes = 500;  // a longer expression is not kept

}  // namespace steward::store
