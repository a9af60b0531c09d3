// What the size model needs to know of a hypothetical index: rows, stored widths, distinct keys, deduplication. Owns
// the reading of statistics for b-trees; core/index_size owns the formulas, index_size_kinds the other access methods.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/candidate.hpp"

extern "C" {
#include "nodes/pg_list.h"
#include "utils/rel.h"
}

namespace steward::whatif {

/// Sets pages, tree height, rows and row_fraction of `part`, an index on `relation` with the WITH options `options`.
/// What is known is not estimated; known pages are left to the caller. Reads statistics and samples rows as the current
/// user, which is the table's owner; evaluates expressions only where `may_sample`.
void SetIndexSize(Relation relation, List* options, const KnownSize& known, bool may_sample, HypotheticalIndex* part);

}  // namespace steward::whatif
