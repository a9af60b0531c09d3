// What the size model needs to know of a hypothetical index: rows, stored widths, distinct keys, deduplication. Owns
// the reading of statistics and the sizes of access methods other than b-tree; core/index_size owns the b-tree's
// formulas.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/candidate.hpp"

extern "C" {
#include "nodes/pg_list.h"
#include "utils/rel.h"
}

namespace steward::whatif {

/// Sets pages, tree height, rows and row_fraction of `part`, an index on `relation` with the WITH options `options`.
/// What is known is not estimated; known pages are left to the caller. Reads statistics as the current user, which is
/// the table's owner. Raises for access methods without a size model.
void SetIndexSize(Relation relation, List* options, const KnownSize& known, HypotheticalIndex* part);

}  // namespace steward::whatif
