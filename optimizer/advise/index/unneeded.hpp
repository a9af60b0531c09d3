// Existing indexes that are not needed, or not as they are: unused, duplicate, prefix of another, invalid, bloated. What
// else an index is there for keeps it, and what cannot be seen from here keeps it for now.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "advise/index/foreign_keys.hpp"
#include "model/suggestion.hpp"

namespace steward::advise {

/// Scans must have been counted this long before none of them means anything: a report that runs once a month is seen.
inline constexpr double kUnusedDays = 30;
/// What a standby says must be no older.
inline constexpr double kStandbyDays = 1;
/// A rebuild must free so much, and as large a part of the index. A tree that grew in no order is two thirds full, so that
/// a rebuild at the usual 90 % frees a quarter of it, for a while only.
inline constexpr std::int64_t kBloatFreed = std::int64_t{10} << 20;
inline constexpr double kBloatShare = 0.5;

struct UnneededInput {
  const model::Workload& workload;
  const std::vector<model::IndexSuggestion>& suggestions;
  const std::vector<model::Cost>& after;                // per statement, with the suggestions in place
  const std::map<model::Oid, std::int64_t>& fresh_sizes;  // bytes that a rebuild would give, of WorthMeasuring()
};

/// Positions in workload.indexes of those that could be bloated: valid b-trees without a condition (of which the share of
/// rows would be a guess), large enough, on analyzed tables, and such that REINDEX CONCURRENTLY takes them.
std::vector<std::size_t> WorthMeasuring(const model::Workload& workload);

/// At most one row an index and kind, the largest first. Never drops what is pinned or unique (but for the sake of
/// another index that keeps out the same), serves a foreign key alone, gives statistics of an expression, is used by
/// captured plans (but for the sake of one just like it) or by the plans of the suggestions; nor, with standbys about
/// whose scans are not known, what they might use.
std::vector<model::UnneededIndex> FindUnneeded(const UnneededInput& input);

}  // namespace steward::advise
