// What an index would hold of sampled rows: column values and expressions of the rows that its predicate lets in. Owns
// their evaluation, as CREATE INDEX would do it; what is made of the values is the caller's business.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/pathnodes.h"
#include "utils/rel.h"
}

namespace steward::whatif {

/// Gets one row's values, one a column of the index, in a memory context that is emptied after each row; false ends the
/// sample.
using IndexRowVisitor = bool (*)(const Datum* values, const bool* nulls, void* state);

/// Visits what the index described by `info` (varno 1) would hold of at most `most` rows (row_sample.hpp). Runs the
/// functions of its expressions and predicate, as the current user. Returns how many rows were visited.
int SampleIndexRows(Relation relation, const IndexOptInfo* info, int most, IndexRowVisitor visit, void* state);

}  // namespace steward::whatif
