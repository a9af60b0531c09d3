// Workloads for the tests of pool advice, with what was measured of real ones on two cores.
#pragma once

#include <string>

#include "model/pool_workload.hpp"

namespace steward::test {

/// Uncontended figures of a class: milliseconds a transaction.
struct Measured {
  std::string application = "app";
  double rate = 100;  // a second
  double hold = 1;
  double cpu = 0.5;  // of the server
  double stddev = 0.5;
  double p50 = 1;
  double statements = 1;
  double wal = 0;
  double client = 0;
  double io = 0;
  double lock = 0;
  double lwlock = 0;
  double running = -1;  // with what waited for a core; -1: cpu
  double core_wait = -1;  // as the kernel counts it; -1: it does not
  bool writes = true;
};

inline model::PoolClass ClassOf(const Measured& m, double seconds) {
  model::PoolClass one;
  one.database = "shop";
  one.role = "app";
  one.application = m.application;
  one.transactions = static_cast<std::int64_t>(m.rate * seconds);
  one.commits = one.transactions;
  const double n = static_cast<double>(one.transactions);
  one.total_time = m.hold * n;
  one.stddev_time = m.stddev;
  one.p50_time = m.p50;
  one.p95_time = m.p50 + 2 * m.stddev;
  one.p99_time = m.p50 + 4 * m.stddev;
  one.max_time = m.hold + 10 * m.stddev;
  one.idle_in_transaction_time = m.client * n;
  one.cpu_time = m.cpu * n;
  if (m.core_wait >= 0) one.core_wait_time = m.core_wait * n;
  one.statements = m.statements;
  one.writing_transactions = m.writes ? one.transactions : 0;
  const double running = m.running < 0 ? m.cpu : m.running;
  const double other = m.hold - running - m.wal - m.client - m.io - m.lock - m.lwlock;
  const auto samples = [](double ms) { return static_cast<std::int64_t>(1000000 * ms); };
  one.samples = model::PoolSamples{static_cast<std::int64_t>(seconds * 10), samples(running), samples(m.lock), samples(m.lwlock),
                                   samples(m.io), samples(m.wal), samples(m.client), samples(other > 1e-9 ? other : 0), 0};
  one.features_known = true;
  return one;
}

inline model::PoolWorkload PoolWorkloadOf(const std::vector<Measured>& classes, double seconds = 3600) {
  model::PoolWorkload workload;
  workload.server.database = "shop";
  workload.server.host = "db1";
  workload.server.port = "5432";
  workload.server.version = "15.20";
  workload.server.window_start = 1763304600;
  workload.server.window_end = 1763304600 + seconds;
  workload.server.collected_at = workload.server.window_end;
  workload.seconds = seconds;
  workload.host.cores = 2;
  workload.host.memory = std::int64_t{8} << 30;
  workload.host.source = "this machine";
  workload.host.clients_local = true;
  workload.limits.max_connections = 100;
  workload.limits.reserved = 3;
  workload.limits.work_mem = 4 << 20;
  workload.limits.hash_mem_multiplier = 2;
  workload.limits.shared_buffers = 128 << 20;
  workload.limits.parallel_workers = 2;
  for (const Measured& one : classes) workload.classes.push_back(ClassOf(one, seconds));
  return workload;
}

// PgBouncer's part (0.017 ms a statement) is in the measured figures; in the server it is not seen.
/// Select by primary key: 0.055 ms with one connection, 0.045 ms of CPU.
inline Measured Select() {
  return {.rate = 2000, .hold = 0.038, .cpu = 0.028, .stddev = 0.02, .p50 = 0.035, .writes = false};
}
/// TPC-B, seven statements: 1.16 ms with one connection, 0.46 ms of CPU.
inline Measured TpcB() {
  return {.rate = 800, .hold = 1.04, .cpu = 0.341, .stddev = 0.6, .p50 = 0.95, .statements = 7, .wal = 0.45, .client = 0.249};
}
/// 98 % selects and 2 % aggregates of some 85 ms, in one class: 1.76 ms with one connection, 1.35 ms of CPU.
inline Measured Mixed() {
  return {.rate = 500, .hold = 1.743, .cpu = 1.333, .stddev = 12, .p50 = 0.038, .writes = false};
}
/// A connection held for 20 ms without CPU: 20.6 ms with one connection, 0.19 ms of CPU.
inline Measured Hold() {
  return {.rate = 45, .hold = 20.58, .cpu = 0.173, .stddev = 0.3, .p50 = 20.5, .writes = false};
}

}  // namespace steward::test
