// What writes to a table cost more with an index on it.
#pragma once

#include "advise/index/partitions.hpp"

namespace steward::advise {

/// Planner units that keeping `index` up to date takes during the workload's window, at the rate at which its table was
/// written to since that is counted: one unit a row for a b-tree or hash index, more for GIN and GiST, next to none for
/// BRIN. A unit is about what a descent to a page in cache and its WAL take beside a sequential page read. Rows are those
/// inserted, those updated otherwise than HOT and, for all indexes of the table, HOT updates that the index would end
/// (HotUpdatesLost, where known). Nothing for a table whose writes have been counted for less than an hour: most likely that is
/// its loading.
[[nodiscard]] double Upkeep(const model::ServerInfo& server, const Partitions& partitions,
                            const model::IndexDefinition& index);

}  // namespace steward::advise
