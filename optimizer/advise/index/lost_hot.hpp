// Which HOT updates an index would end: those that set one of its columns.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "advise/index/partitions.hpp"

namespace steward::advise {

struct LostHot {
  std::optional<double> per_hour;    // updates; none: not known
  std::vector<std::string> columns;  // of the index, that they set
};

/// Estimated from captured updates, by the columns that they set (keys, INCLUDE, predicate; from 16 on BRIN ends none): those
/// that no existing index ends already share the table's rate of HOT updates. A column set to the value that it has counts as
/// changed, one that is generated from it does not. Not known where writes have been counted for less than an hour or statements
/// for less than kShortestRateWindow, and where HOT updates are seen but none captured.
[[nodiscard]] LostHot HotUpdatesLost(const model::ServerInfo& server, const Partitions& partitions,
                                     const model::IndexDefinition& index);

}  // namespace steward::advise
