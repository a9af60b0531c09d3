// What ANALYZE will know of an index's expressions once the index is built. Without it the planner guesses that a condition on
// an expression lets a fixed share of all rows through, hundreds of times too many for one such as lower(email) = '...'. Owns
// the sample, the server's own computation over it, and this session's memory of the results.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "access/htup.h"
#include "nodes/pathnodes.h"
#include "utils/rel.h"
}

namespace steward::whatif {

/// For each column of the index `info` (varno 1) on `relation` of `rows` rows, one of `parts` partitions (1: none): a row as of pg_statistic where it is an
/// expression of whose values at least 200 could be sampled, else null. Null when there is none at all: also of an index with
/// a predicate, whose statistics the planner does not use. In the current memory context; remembered by this session until
/// the table's size changes by a tenth, though the expression's functions be replaced meanwhile. Runs the expressions' functions, as the current user.
HeapTuple* StatisticsOfExpressions(Relation relation, const IndexOptInfo* info, double rows, int parts);

}  // namespace steward::whatif
