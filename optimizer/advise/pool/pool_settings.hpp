// One row a setting, for PgBouncer, the application and the server: values that fit each other, with their reasons.
#pragma once

#include "advise/pool/simulator.hpp"
#include "model/pool_suggestion.hpp"

namespace steward::advise::pool {

/// What the timeouts are, in the order that they need: a connection is asked for longer than the pooler lets one wait, and
/// the pooler waits longer than it takes to call on its reserve or to log in again (lint rules 7, 17, 26).
struct Timeouts {
  double query_wait_ms = 1000;  // PgBouncer's; it looks three times a second
  double acquire_ms = 1500;     // the application's
  double reserve_ms = 250;

  double LoginRetry() const { return query_wait_ms < 2000 ? query_wait_ms / 2 : 1000; }
};

/// From the promise, how long the pools' transactions wait for the client (rule 8), and how long they wait for a connection,
/// where `outcomes` say so already.
Timeouts ChooseTimeouts(const model::PoolDemand& demand, const std::vector<model::AdvisedPool>& pools, const SimulatedOutcomes& outcomes = {});

/// 1, 2, 5, 10, 15, 30 s, 1, 2, 5 ... min: the first of these not below, in ms.
double RoundTimeout(double ms);

/// All rows, main first; advice.pools is final.
std::vector<model::PoolSetting> Settings(const model::PoolWorkload& workload, const model::PoolAdvice& advice, const Timeouts& timeouts);

}  // namespace steward::advise::pool
