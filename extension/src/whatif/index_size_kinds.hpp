// Sizes of hypothetical indexes of the access methods other than b-tree. Owns what their models in core/ need to know;
// the b-tree's is index_statistics.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/candidate.hpp"

extern "C" {
#include "nodes/pg_list.h"
#include "utils/rel.h"
}

namespace steward::whatif {

/// Sets the pages of `part`, an index of hash, BRIN, GIN or GiST on `relation`, which has `table_rows` rows; `options`
/// are those of WITH. Where `may_sample` is false no expression is evaluated: what GIN and GiST hold is then a guess.
void SizeOtherKind(Relation relation, List* options, double table_rows, bool may_sample, HypotheticalIndex* part);

/// The integer option `name` of WITH, within bounds.
int IntegerOption(const List* options, const char* name, int absent, int least, int most);

}  // namespace steward::whatif
