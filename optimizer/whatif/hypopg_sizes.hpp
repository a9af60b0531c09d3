// Sizes of hypothetical b-trees from the statistics that a client can read, in the place of HypoPG's, which know of no
// deduplication and are up to three times too large.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/index_size.hpp"
#include "db/database.hpp"
#include "model/cost_oracle.hpp"

namespace steward::whatif {

/// What pg_stats says of a column.
struct ColumnSize {
  core::IndexColumn stored;  // its prefix_distinct is that of the column alone
  bool deduplicates = false;
};

using ColumnSizes = std::map<std::pair<model::Oid, int>, ColumnSize>;  // by table and number

/// Bytes of a b-tree on columns of a table of `rows` rows, taken to be independent of each other; nothing for expressions,
/// predicates, options, other kinds and columns that are not known.
[[nodiscard]] std::optional<std::int64_t> BtreeBytes(const model::IndexDefinition& index, double rows,
                                                     const ColumnSizes& columns);

/// Sets the sizes that can be told so. The database is in no transaction.
void CorrectSizes(db::Database& database, const model::Workload& workload,
                  const std::vector<model::IndexDefinition>& candidates, std::vector<model::CandidateSize>& sizes);

}  // namespace steward::whatif
