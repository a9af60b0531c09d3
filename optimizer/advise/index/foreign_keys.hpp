// Foreign keys without an index that finds the referencing rows. The server looks these up, reading the whole table where
// it must, for every row that is deleted or gets another key in the referenced one; no plan of a captured statement
// shows it.
#pragma once

#include <cstdint>
#include <vector>

#include "advise/index/partitions.hpp"
#include "model/suggestion.hpp"

namespace steward::advise {

/// Tables below this many bytes are read as quickly without an index.
inline constexpr std::int64_t kTinyTable = std::int64_t{1} << 20;

/// Whether `index` finds rows by the columns of `key`: a b-tree that starts with them in any order, or a hash index of its
/// one column; without condition but that they are not null.
bool Finds(const model::IndexDefinition& index, const std::vector<model::IndexKey>& key);

/// The foreign keys that lack an index, which neither exists nor is suggested, on tables that are not tiny, none twice.
/// Sizes are not filled in. The surest first: look-ups were captured (high), rows of the referenced table were deleted or
/// the two are joined (medium), nothing of that (low).
std::vector<model::UnindexedForeignKey> FindUnindexedForeignKeys(const model::Workload& workload,
                                                                 const Partitions& partitions,
                                                                 const std::vector<model::IndexSuggestion>& suggestions);

}  // namespace steward::advise
