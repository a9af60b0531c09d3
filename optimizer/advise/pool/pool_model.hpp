// The workload as the simulator and the closed forms take it: what a transaction of each class needs when nothing is
// contended, and whose cores it shares. Measured hold times hold the contention of the pool they were measured in, so they
// are never used as they are.
#pragma once

#include <vector>

#include "advise/pool/pool_roles.hpp"
#include "advise/pool/queueing.hpp"
#include "advise/pool/simulator.hpp"
#include "model/pool_suggestion.hpp"

namespace steward::advise::pool {

/// CPU of PgBouncer a statement, ms: 0.35 to 0.49 of a core at 25,000 statements a second were measured.
inline constexpr double kPoolerCpuMs = 0.017;

/// What is known of one class, uncontended.
struct ClassModel {
  std::size_t source = 0;  // place in the workload
  std::size_t pool = 0;    // place among the groups
  double rate = 0;         // measured, a millisecond
  double along_ms = 0;     // CPU of those that work along
  double cpu_ms = 0;       // of the server, and of the pooler where it is on the same machine
  double server_cpu_ms = 0;
  double pooler_ms = 0;  // wherever that runs
  double delay_ms = 0;
  double overhead_ms = 0;
  double lock_share = 0;
  int locks = 0;
  double wakes = 1;
  ServiceTime size;
};

/// All of it.
struct PoolModel {
  std::vector<PoolGroup> groups;
  std::vector<ClassModel> classes;
  double cores = 1;        // that are there
  double other_cores = 0;  // of these, used by others; measured, else 0
  Competition others;

  double Rate() const;  // measured, of all classes, a millisecond
  /// Mean of a transaction of the classes of one pool, or of all where `group` is none of them.
  double Mean(double ClassModel::*part, std::size_t group) const;
  /// Transactions of the classes of a pool as a share of all.
  double Share(std::size_t group) const;
  /// The classes of one pool, or of all, as one saturated pool; the CPU of other pools at `other_rate` competes.
  SaturatedPool Saturated(std::size_t group, double other_cpu) const;
  /// Without clients and sizes yet.
  SimulatedSystem System() const;
};

/// Stands for all groups.
inline constexpr std::size_t kAllGroups = static_cast<std::size_t>(-1);

PoolModel MakeModel(const model::PoolWorkload& workload, std::vector<PoolGroup> groups);

}  // namespace steward::advise::pool
