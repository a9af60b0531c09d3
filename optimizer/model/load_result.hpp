// What one run of the load driver measured, as plain numbers: what reports print and calibration compares.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace steward::model {

/// What a class has to keep; ratios are 0..1.
struct LoadSlo {
  double p95_ms = 100;          // of the response, queues included
  double timeout_ratio = 0.05;  // acquire and query timeouts of all requests
  double error_ratio = 0.01;    // other failures of all requests: 99 % healthy
  double utilization = 0.8;     // of the pool's server connections
};

/// Quantiles of one kind of time. A request that had not ended counts with its age, so `at_least` says whether the
/// true values can be higher than these.
struct LoadTimes {
  std::uint64_t count = 0;
  double p50_ms = 0;
  double p95_ms = 0;
  double p99_ms = 0;
  double max_ms = 0;
  double p95_low_ms = 0;  // 95 % confidence interval of the P95, by order statistics
  double p95_high_ms = 0;
  bool at_least = false;
};

struct LoadErrors {
  std::string sqlstate;  // empty: the connection broke without one
  std::string message;   // of the first one
  std::uint64_t count = 0;
};

/// The server connections that a class shares with others of its database and user.
struct PoolUse {
  std::optional<int> size;      // as configured; none: not known
  int connections = 0;          // open to the server
  double mean_busy = 0;         // given to a client, by PgBouncer's account; inside a transaction, by the server's
  std::optional<int> max_busy;  // seen at one moment
  double utilization() const {
    const int n = size && *size > 0 ? *size : connections;
    return n > 0 ? mean_busy / n : 0;
  }
};

struct LoadClassResult {
  std::string name;
  std::string database;
  std::string user;
  int users = 0;  // 0: a Poisson rate
  double think_time_ms = 0;
  double rate = 0;      // requests a second, where given
  int connections = 0;  // of the application's pool, or one a user
  LoadSlo slo;

  double offered = 0;     // requests a second that wanted to start
  double throughput = 0;  // requests a second that succeeded
  double throughput_low = 0;
  double throughput_high = 0;
  std::uint64_t requests = 0;  // started in the window; each ends in one of the next five
  std::uint64_t succeeded = 0;
  std::uint64_t acquire_timeouts = 0;
  std::uint64_t query_timeouts = 0;
  std::uint64_t failed = 0;
  std::uint64_t unfinished = 0;
  std::uint64_t connections_lost = 0;
  std::uint64_t connection_failures = 0;
  LoadTimes response;  // from the intended start to the end; timeouts with what they waited, errors left out
  LoadTimes acquire;   // from the intended start to a connection of the application
  LoadTimes service;   // from the first statement sent to the last answer: PgBouncer's queue and the server
  std::vector<LoadErrors> errors;
  std::optional<PoolUse> pool;
  std::vector<std::string> missed;     // what of the SLO is not kept
  std::vector<std::string> undecided;  // what may not be: too many requests had not ended

  /// Of the requests that ended: how the others would have is not known.
  double timeout_ratio() const { return OfEnded(acquire_timeouts + query_timeouts); }
  double error_ratio() const { return OfEnded(failed); }
  double OfEnded(std::uint64_t count) const {
    return requests <= unfinished ? 0 : static_cast<double>(count) / static_cast<double>(requests - unfinished);
  }
};

struct LoadResult {
  std::string host;
  std::string port;
  std::uint64_t seed = 0;
  double warmup_s = 0;
  double duration_s = 0;  // of the window that was measured
  bool interrupted = false;
  int connections = 0;
  double connect_s = 0;  // until all of them stood
  std::uint64_t connect_retries = 0;
  double machine_cpu = 0;  // share of all cores, 0..1
  int cores = 1;
  std::optional<double> pooler_cpu;           // cores
  std::optional<std::int64_t> pooler_memory;  // bytes, resident
  std::optional<double> server_cpu;     // cores, of the server's processes on this machine
  std::optional<double> foreign_cpu;    // cores, of everything else; none: not all of the above is known
  double driver_cpu = 0;                      // cores
  double lateness_p99_ms = 0;                 // of the driver's own clock
  std::vector<LoadClassResult> classes;
  std::vector<std::string> notes;  // what could not be measured, and why
};

}  // namespace steward::model
