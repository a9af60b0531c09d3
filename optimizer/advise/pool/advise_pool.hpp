// Advice on pools: from measured transactions to cause, feasibility, sizes and settings. Pure.
#pragma once

#include "model/pool_suggestion.hpp"

namespace steward::advise {

/// The same input gives the same advice. Where nothing was measured of the database's transactions there are no pools
/// and no settings, and `missing` says so.
model::PoolAdvice AdvisePool(const model::PoolWorkload& workload, const model::PoolDemand& asked);

}  // namespace steward::advise
