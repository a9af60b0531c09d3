// Which output columns of a query have no two rows alike, as far as the query's form proves it.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/parsenodes.h"
}

namespace steward::refresh {

/// Numbers of output columns, from 1; NIL when nothing is proven. Rows with a NULL in such a column may be alike, which a unique
/// index allows.
[[nodiscard]] List* KeyOfQuery(const Query* query);

/// The same for a query that neither groups nor aggregates: the key of one of its tables, where each other one is joined by a
/// unique key of its own.
[[nodiscard]] List* KeyOfJoin(const Query* query);

}  // namespace steward::refresh
