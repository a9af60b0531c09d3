// What GIN and GiST operator classes make of a table's rows, from a sample: keys and how often they occur, and the size
// of what is stored. Owns the calls into operator classes, whose functions belong to superusers.
#pragma once

#include "core/index_size_kinds.hpp"
#include "pg/postgres.hpp"
#include "whatif/candidate.hpp"

extern "C" {
#include "utils/rel.h"
}

namespace steward::whatif {

inline constexpr int kMostKeyGroups = 128;

/// Writes groups of keys that occur about equally often among the rows of `part`, at most kMostKeyGroups; returns how
/// many, 0 where no row could be sampled.
int SampleGinKeys(Relation relation, const HypotheticalIndex& part, core::GinKeys* groups);

/// Mean bytes of the columns of an index tuple, a bitmap of NULLs included; negative where no row could be sampled.
double SampleGistBytes(Relation relation, const HypotheticalIndex& part);

/// The type that an index column is stored as.
Oid StoredType(Relation relation, const HypotheticalIndex& part, int column);

}  // namespace steward::whatif
