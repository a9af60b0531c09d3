// Whether what was promised can be kept at any size of the pools, and what would help where it cannot.
#pragma once

#include "advise/pool/pool_sizing.hpp"

namespace steward::advise::pool {

/// Never suggests a larger pool where it is not what is missing. `bounded`: the sizes are all that a limit on connections leaves.
model::PoolFeasibility JudgeFeasibility(const PoolModel& model, const model::PoolDemand& demand,
                                        const SizingOptions& options, const Sizing& sizing,
                                        const std::vector<model::AdvisedPool>& pools, bool bounded);

}  // namespace steward::advise::pool
