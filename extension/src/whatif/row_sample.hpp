// Rows of a table, evenly spread over it and in its order, for estimates that statistics do not give. Owns which rows.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "executor/tuptable.h"
#include "utils/rel.h"
}

namespace steward::whatif {

/// Gets one row, in a slot that the next one overwrites; false ends the sample.
using RowVisitor = bool (*)(TupleTableSlot* slot, void* state);

/// Visits at most `most` (at least 3,000) rows, the same number of each of at most 3,000 pages evenly spread over the
/// table, as the active snapshot sees them. Returns how many: 0 where there is none or the table's access method cannot
/// be asked for single pages.
int SampleRows(Relation relation, int most, RowVisitor visit, void* state);

}  // namespace steward::whatif
