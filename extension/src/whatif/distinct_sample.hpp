// How many different combinations of values several columns hold, from a sample of the table's rows: statistics of
// single columns do not say how columns go together. Owns the sample, the estimate and this session's memory of
// estimates.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/pathnodes.h"
#include "utils/rel.h"
}

namespace steward::whatif {

/// Estimated number of different images of the columns `attnums` among `rows` rows, by the Duj1 estimator of Haas and
/// Stokes (as ANALYZE uses it) over at most 30,000 rows of at most 3,000 pages evenly spaced over the table. Negative
/// when the table has no row to sample or cannot be sampled. The result is remembered by this session until the table's
/// size changes by a tenth.
double SampledDistinct(Relation relation, const int* attnums, int count, double rows);

/// The same for what the index `info` (varno 1) of `rows` rows holds, expressions and the rows that its predicate lets
/// in: distinct[i] is set to the number of different keys of its first i + 1 columns. False where too few rows could be
/// sampled to tell. Not remembered.
bool SampleKeyDistinct(Relation relation, const IndexOptInfo* info, double rows, double* distinct);

}  // namespace steward::whatif
