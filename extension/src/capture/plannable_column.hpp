// From an expression of a Query to the base column it shows: through joins, subqueries and CTEs.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/parsenodes.h"
}

namespace steward::capture {

/// A query level during a walk; the parent is the query around it.
struct Scope {
  Query* query;
  const Scope* parent;
  int serial;  // tells levels of one statement apart
};

struct Column {
  Oid relid;  // InvalidOid: the expression is no plain column
  int16 attnum;
  bool inherited;
  // The range-table entry it was named by: two bounds on the same range have the same.
  int scope;
  int varno;
  int varattno;
};

/// The column that `expression`, seen in `scope`, passes through unchanged (binary relabelling aside).
Column ResolveColumn(Node* expression, const Scope* scope);

}  // namespace steward::capture
