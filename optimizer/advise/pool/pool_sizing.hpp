// Sizes: the smallest that keep the promises, whether any can, and how a budget of connections is divided.
#pragma once

#include <cstdint>
#include <vector>

#include "advise/pool/pool_model.hpp"

namespace steward::advise::pool {

struct SizingOptions {
  int limit = 1000;               // connections of one pool
  double acquire_timeout_ms = 1000;
  std::int64_t transactions = 20000;  // of a simulation
  /// Sizes are chosen as if who works for the transactions always wanted a core: one connection fewer can be what lets the slow
  /// kind of a mix keep the others waiting. What is predicted of them is without.
  bool margin = true;
};

/// A choice of sizes and what it leads to.
struct Sizing {
  std::vector<int> sizes;  // of each group of the model
  SimulatedOutcomes outcomes;
  bool promises = false;   // response times and timeouts
  bool saturated = false;  // what is asked for is more than 80 % of what can be served
  double asked = 0;        // transactions a millisecond, as they would come were nobody to wait
  double needed = 0;       // as they must be served for the promises: users who wait do not ask again meanwhile
  double capacity = 0;     // that can be served at the best size
};

/// Sizes each pool: the smallest whose simulated response times, timeouts, waits and utilisation keep what was promised; where
/// what is asked for comes near what can be served also no smaller than what serves 98.5 % of the best (so that 95 % are had
/// where the prediction errs). Main and read pools also have what lets a burst use every core. Throughput is by the closed form, which has no noise.
Sizing SizePools(const PoolModel& model, const model::PoolDemand& demand, const SizingOptions& options);

/// What SizePools decided, with what was asked for scaled, and the sizes of `sizing` kept.
SimulatedOutcomes Predict(const PoolModel& model, const model::PoolDemand& demand, const std::vector<int>& sizes,
                          const SizingOptions& options, double scale = 1);

/// Whether response times and timeouts of all pools are as promised.
bool KeepsPromises(const PoolModel& model, const model::PoolDemand& demand, const SimulatedOutcomes& outcomes);

/// The largest part of what is asked for (0..1) with which the promises are kept at some size; by bisection, to 4 %.
double LargestShare(const PoolModel& model, const model::PoolDemand& demand, const SizingOptions& options);

/// One of several that want connections.
struct Claim {
  int wanted = 1;
  int least = 1;
  double rate = 0;     // a millisecond
  double hold_ms = 0;  // mean
  double cv2 = 1;      // of the hold time
};

/// Divides `budget` connections: each gets its least (in proportion, where even these are too many), then the next one goes
/// to whose mean wait, by Allen and Cunneen and weighted by rate, falls most. Nobody gets more than it wanted.
std::vector<int> Allocate(const std::vector<Claim>& claims, int budget);

}  // namespace steward::advise::pool
