// A histogram of durations as a value of SQL: the sparse form of core/coarse_latency in an array of integers.
#pragma once

#include "pg/postgres.hpp"

namespace steward::store {

/// Of `counts[core::kCoarseBuckets]`, palloc'ed; empty where nothing was counted. Raises program_limit_exceeded where the counts
/// make more numbers than an array can hold.
[[nodiscard]] Datum LatencyArray(const uint64* counts);

}  // namespace steward::store
