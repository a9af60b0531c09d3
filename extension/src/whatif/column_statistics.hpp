// Facts about one column or expression of an index, from pg_statistic. Owns reading and defaults.
#pragma once

#include "core/index_size.hpp"
#include "pg/postgres.hpp"

extern "C" {
#include "nodes/nodes.h"
#include "utils/rel.h"
}

namespace steward::whatif {

/// A column as stored in an index, and the number of different values in it.
struct ColumnFacts {
  core::IndexColumn stored;
  double distinct;     // without NULL
  double correlation;  // with the order of rows, -1..1; 0 where it is not known
};

/// Facts about column `attnum` of a table with `rows` rows.
ColumnFacts FactsOfColumn(Relation relation, int attnum, double rows);

/// Facts about an expression over the table's columns (varno 1): of a function of one column it is assumed that it
/// keeps the column's NULLs and distinct values, and its width where the type is the same.
ColumnFacts FactsOfExpression(Relation relation, Node* expression, double rows);

/// Number of different combinations of the columns `attnums`, from an extended statistics object that covers exactly
/// these; negative when there is none.
double ExtendedDistinct(Relation relation, const int* attnums, int count, double rows);

}  // namespace steward::whatif
