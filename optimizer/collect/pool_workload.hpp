// Reads what pool advice starts from: transactions by class, the limits of connections, and the machine.
#pragma once

#include <optional>
#include <string>

#include "collect/host_facts.hpp"
#include "db/database.hpp"
#include "model/pool_workload.hpp"

namespace steward::collect {

/// What the user says of the machine, which goes before what can be seen.
struct HostGiven {
  std::optional<int> cores;
  std::optional<std::int64_t> memory;
};

/// Counters since the last reset, and the machine's CPU time so far, where the server runs on this machine.
struct PoolReading {
  model::PoolWorkload workload;
  std::optional<CpuReading> cpu;
};

/// Inside a read-only transaction. What this server's version of the extension does not measure is left empty and named in
/// `missing`.
PoolReading ReadPoolWorkload(db::Database& database, const HostGiven& given);

/// What happened between two readings of one server. Deviation, percentiles and largest values stay those since the reset. A
/// class whose counters fell was reset meanwhile: it counts from then.
model::PoolWorkload Between(const PoolReading& before, const PoolReading& after);

/// Written by "pgsteward snapshot pool".
std::string PoolWorkloadToJson(const model::PoolWorkload& workload);
/// Throws WorkloadFormatError.
model::PoolWorkload PoolWorkloadFromJson(const std::string& text);

}  // namespace steward::collect
