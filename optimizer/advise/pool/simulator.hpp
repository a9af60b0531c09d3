// A discrete-event simulation of clients, pools and a server: what a size will do to waits, percentiles and timeouts, which
// no closed form says for several pools over shared cores. Deterministic: the same input and seed give the same numbers.
//
// A transaction waits for a connection of its pool, first come first served, at most the acquire timeout. Then it holds the
// connection: it uses CPU, shared by all pools (processor sharing), waits for what does not depend on load (its client,
// I/O, the flush of WAL), and does the last part of both under a lock where its class has locks. Where every core does work longer
// than a slice, it waits for the rest of one before it gets a core, for each of its wakes.
#pragma once

#include <cstdint>
#include <vector>

#include "advise/pool/queueing.hpp"
#include "advise/pool/service_time.hpp"

namespace steward::advise::pool {

struct SimulatedClass {
  std::size_t pool = 0;
  double share = 1;       // of the transactions
  double cpu_ms = 0;      // mean of a transaction
  double delay_ms = 0;    // mean of a transaction
  double overhead_ms = 0; // more CPU for each other transaction that runs
  double lock_share = 0;  // of a transaction under a lock
  int locks = 0;          // equally wanted; 0: none
  double wakes = 1;       // times in a transaction that it, or who works for it, has to get a core
  ServiceTime size;       // of a transaction beside the mean; scales CPU and delay
};

struct SimulatedPool {
  int connections = 1;
  double acquire_timeout_ms = 0;  // 0: none
};

struct SimulatedSystem {
  double cores = 1;
  Competition others;
  double slice_ms = 0;     // for which the kernel leaves a core to who has it, while others wait
  std::vector<SimulatedClass> classes;
  std::vector<SimulatedPool> pools;
  // Clients: users who think (exponential) and come again, or, where there are none, arrivals at a rate (Poisson).
  int users = 0;
  double think_ms = 0;
  double rate = 0;  // a millisecond, of all classes
};

struct SimulatedOutcome {
  double throughput = 0;  // a millisecond, served
  double wait_mean = 0;   // of all that came, as the percentile
  double wait_p95 = 0;
  double hold_mean = 0;
  double response_p95 = 0;  // wait and hold, of what was served
  double busy = 0;          // connections, mean
  double timeout_ratio = 0;
};

struct SimulatedOutcomes {
  std::vector<SimulatedOutcome> pools;
  std::vector<SimulatedOutcome> classes;
  double cores_used = 0;  // by the transactions
};

/// Runs until `transactions` have ended after a fifth as many to warm up.
SimulatedOutcomes Simulate(const SimulatedSystem& system, std::int64_t transactions, std::uint64_t seed = 1);

}  // namespace steward::advise::pool
