// What pool advice answers: why clients wait, whether any size can keep the promises, one row a setting, and what is
// predicted with them. Times are milliseconds, rates transactions a second, ratios 0..1, sizes bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/pool_workload.hpp"
#include "model/suggestion_state.hpp"

namespace steward::model {

/// What transactions spend their hold time on.
enum class PoolCause { kUnknown, kCpu, kHold, kLock, kMixed };

inline const char* Word(PoolCause cause) {
  constexpr const char* kWords[] = {"unknown", "cpu", "hold", "lock", "mixed"};
  return kWords[static_cast<int>(cause)];
}

/// The mean hold time of a transaction, taken apart.
struct HoldSplit {
  double cpu = 0;
  double queue = 0;  // runnable, waiting for a core
  double lock = 0;
  double lwlock = 0;
  double io = 0;
  double wal = 0;
  double client = 0;  // idle in transaction
  double other = 0;
  bool sampled = false;  // else only cpu and client were measured; `other` is the rest

  double Total() const { return cpu + queue + lock + lwlock + io + wal + client + other; }
};

/// A class as it was sized.
struct PoolMember {
  std::string name;  // "shop/app/dashboard": database, role and application, for people
  std::string role;
  double rate = 0;  // measured
  double hold_time = 0;
  double hold_time_max = 0;
  double hold_time_p95 = 0;
  HoldSplit split;
  PoolCause cause = PoolCause::kUnknown;
  std::string why;  // what it holds its connection for
  bool features_known = true;
  std::vector<std::string> features;
};

/// What is expected of a pool. Response is wait and hold together, of what was served.
struct PoolPrediction {
  double throughput = 0;  // served
  double wait_mean = 0;
  double wait_p95 = 0;
  double response_p95 = 0;
  double hold_mean = 0;
  double utilization = 0;  // busy connections over its size
  double timeout_ratio = 0;
};

/// One pool of connections to the server.
struct AdvisedPool {
  std::string name;  // main, read or admin
  std::vector<PoolMember> members;
  PoolCause cause = PoolCause::kUnknown;
  std::int64_t size = 0;     // connections to the server, over all pooler processes
  std::int64_t reserve = 0;  // on top, for moments
  std::int64_t min_size = 0;
  std::int64_t application_pool = 0;  // of each instance
  std::string mode = "transaction";
  double demand = 0;  // transactions a second that it is sized for
  double users = 0;   // its share of them; 0: sized for a rate
  std::int64_t memory = 0;
  PoolPrediction predicted;
  std::vector<std::string> notes;  // why not less, what bounds it
};

/// Whether the promises can be kept at any size, and by how many users.
struct PoolFeasibility {
  bool feasible = true;
  std::string why;                   // not: the reason in a sentence
  std::optional<double> most_users;  // that can be served within the promises; none: sized for a rate
  std::optional<double> most_rate;   // transactions a second
  double cpu_utilization = 0;        // of all cores, by what was asked for alone
  double cores_needed = 0;           // for that at 80 %, and for what others use now
  std::vector<std::string> helps;    // what would help, most first
};

/// One setting.
struct PoolSetting {
  std::string id;
  std::string status;  // new, open or muted; empty: not known
  std::optional<Mute> mute;
  Confidence confidence = Confidence::kMedium;
  std::vector<std::string> caveats;
  std::string pool;       // main, read, admin; empty: of all
  std::string component;  // pgbouncer, application or postgresql
  std::string setting;
  std::string current;    // empty: not known
  std::string suggested;  // as the component's configuration has it
  std::string requires_what;  // reload, restart or deploy
  std::string reason;
  std::string ddl;       // of a setting of the server: the statement that makes it; else empty
  std::string undo_ddl;
  PoolCause cause = PoolCause::kUnknown;
  // Measured of the pool and predicted for it; none for settings of all pools.
  std::optional<double> arrival_rate;
  std::optional<double> hold_time;
  std::optional<double> hold_time_p95;
  std::optional<double> predicted_wait_p95;
  std::optional<double> predicted_utilization;
  std::optional<double> predicted_timeout_ratio;
  std::optional<std::int64_t> memory_bytes;
};

/// Who comes, and what they are promised; given or assumed.
struct PoolDemand {
  std::optional<double> users;
  double think_time = 0;  // between a user's transactions
  std::optional<double> rate;  // instead of users
  double growth = 1;           // of what was measured, where neither is given
  double slo_p95 = 100;        // of response
  double slo_timeouts = 0.05;
  int instances = 1;           // of the application
  int pooler_processes = 1;
  std::optional<std::int64_t> max_connections;  // that the server's cannot be set beyond
  bool one_pool = false;       // classes cannot be told apart by their connections
  std::vector<std::string> main;  // roles or applications, * as a wildcard
  std::vector<std::string> read;
  std::vector<std::string> admin;
};

struct PoolAdvice {
  ServerInfo server;
  double seconds = 0;
  bool since_reset = true;
  PoolHost host;
  PoolDemand demand;
  PoolCause cause = PoolCause::kUnknown;
  std::string diagnosis;  // in a sentence or two
  bool censored = false;  // clients waited, so that arrivals are what was served and not what was asked for
  PoolFeasibility feasibility;
  std::vector<AdvisedPool> pools;  // main first
  std::vector<PoolSetting> settings;
  std::int64_t connections = 0;  // of all pools with reserve
  std::int64_t budget = 0;       // connections that the server has for them; 0: not known
  std::int64_t memory = 0;
  std::vector<std::string> missing;   // what could not be measured
  std::vector<std::string> warnings;
};

}  // namespace steward::model
