// See pool_model.hpp.
#include "advise/pool/pool_model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "advise/pool/cause.hpp"

namespace steward::advise::pool {

namespace {

// A statement finds its caches the colder the more other backends run, up to all that it can have had in them. Measured as CPU of
// a transaction with 4 and with 40 connections, for each more: on one machine of two cores 0.4 to 1 % of selects of 45 us, on
// another 2.6 % of selects of 90 us and 1.8 % of TPC-B of 750 us. These lie between.
constexpr double kColdOfCpu = 0.008;
constexpr double kMostColdMs = 0.0015;  // of a statement
double Overhead(double cpu_ms, double statements) { return std::min(kColdOfCpu * cpu_ms, kMostColdMs * statements); }

// CPU of a transaction that was measured while `running` ran, were it alone.
double Alone(double cpu_ms, double statements, double running) {
  const double others = std::max(0.0, running - 1);
  return std::max(cpu_ms / (1 + kColdOfCpu * others), cpu_ms - kMostColdMs * statements * others);
}

// Something else wants a core while transactions run: WAL writer, checkpointer, the kernel. It loses the more of it the more
// connections run, which is why throughput goes on growing beyond as many connections as cores.
constexpr double kLeastCompetitors = 1;
constexpr double kLocalClients = 0.5;
// CPU they use for a statement. Where transactions need far more of it than that, these have little to compete for: on two cores
// scans of 100 ms took as long beside 340 selects a second as they do among themselves.
constexpr double kAlongCpuMs = 0.01;
constexpr double kLocalClientCpuMs = 0.02;
// Linux leaves a core to who has it for sched_base_slice (before 6.6: sched_min_granularity), scaled by the logarithm of up to
// eight cores (kernel/sched/fair.c).
constexpr double kSliceMs = 0.75;
constexpr double kMostSliceCores = 8;
// Of a statement: the backend, and where they are on the machine the pooler and the client.
constexpr double kLocalWakes = 3;

// Where clients, or the pooler, run: on the same machine they wait for its cores as the server does.
struct Neighbours {
  bool local = false;
  // CPU of others a transaction, where every core was busy and that was for a good part the transactions' doing: then it is
  // what clients can have been doing, and the rest of their time they waited for a core. None where not so.
  std::optional<double> cpu_ms;
  // Most that waiting for a core can have stretched what they did: as many ran or wanted to as were seen in the server, and
  // once more in the clients. Where next to nobody ran, no time of a client was such waiting.
  double most_stretch = 1;
};

// Transactions that ran or wanted to, mean.
double RunningOf(const model::PoolWorkload& workload, const std::vector<PoolGroup>& groups) {
  double sum_ms = 0;
  for (const PoolGroup& group : groups)
    for (const std::size_t i : group.classes) {
      const model::HoldSplit split = SplitHold(workload.classes[i]);
      sum_ms += static_cast<double>(workload.classes[i].transactions) * (split.cpu + split.queue);
    }
  return sum_ms / (workload.seconds * 1000);
}

Neighbours NeighboursOf(const model::PoolWorkload& workload, const std::vector<PoolGroup>& groups, double running) {
  constexpr double kAllBusy = 0.95;
  constexpr double kGoodPart = 1.0 / 3;
  Neighbours neighbours{workload.host.clients_local, std::nullopt, 1};
  const double cores = std::max(1, workload.host.cores);
  if (!neighbours.local) return neighbours;
  double transactions = 0;
  double own_ms = 0;
  for (const PoolGroup& group : groups)
    for (const std::size_t i : group.classes) {
      const model::PoolClass& one = workload.classes[i];
      transactions += static_cast<double>(one.transactions);
      own_ms += one.cpu_time.value_or(0) +
                static_cast<double>(one.transactions) * kPoolerCpuMs * std::max(1.0, one.statements.value_or(1));
    }
  neighbours.most_stretch = std::max(1.0, 2 * running / cores);
  // Not measured since the last reset: clients on the machine use about as much as what they ask for.
  constexpr double kHalf = 0.45;
  const double all_ms = cores * workload.seconds * 1000;
  const double busy_ms = workload.host.busy_cores ? *workload.host.busy_cores * workload.seconds * 1000 : own_ms >= kHalf * all_ms ? all_ms : 0;
  if (transactions > 0 && busy_ms >= kAllBusy * all_ms && own_ms >= kGoodPart * busy_ms) neighbours.cpu_ms = std::max(0.0, busy_ms - own_ms) / transactions;
  return neighbours;
}

double UncontendedClient(const model::HoldSplit& split, const Neighbours& neighbours) {
  constexpr double kMostStretch = 8;  // it may think as well
  if (!neighbours.local || split.cpu <= 0) return split.client;
  const double stretched =
      split.client / std::clamp((split.cpu + split.queue) / split.cpu, 1.0, std::min(kMostStretch, neighbours.most_stretch));
  if (!neighbours.cpu_ms) return stretched;
  return std::clamp(*neighbours.cpu_ms, split.client / kMostStretch, stretched);
}

// How many locks, and what part of a transaction runs under one, from how many wait for them: M/M/1 of each.
void FitLocks(const model::HoldSplit& split, double rate, ClassModel& one) {
  constexpr double kLeastWaiting = 0.05;
  constexpr double kHot = 0.5;     // of the hold time: then it is one lock
  constexpr double kSpread = 2.0;  // else as many that none is busy more than half of the time
  const double waiting = split.lock * rate;
  if (waiting < kLeastWaiting) return;
  one.locks = split.lock > kHot * split.Total() ? 1 : static_cast<int>(std::ceil(kSpread * waiting));
  const double utilization = (std::sqrt(waiting * waiting + 4 * one.locks * waiting) - waiting) / (2 * one.locks);
  constexpr double kMostUnderLock = 0.95;
  one.lock_share = std::min(kMostUnderLock, utilization * one.locks / (rate * (split.Total() - split.lock)));
}

ClassModel ModelOf(const model::PoolWorkload& workload, const Neighbours& neighbours, double running, std::size_t source, std::size_t pool) {
  const model::PoolClass& measured = workload.classes[source];
  const model::HoldSplit split = SplitHold(measured);
  const double statements = std::max(1.0, measured.statements.value_or(1));
  ClassModel one;
  one.source = source;
  one.pool = pool;
  one.rate = static_cast<double>(measured.transactions) / (workload.seconds * 1000);
  // Reading the statement and ending the transaction take CPU outside of the time the connection is held.
  one.server_cpu_ms = std::max(split.cpu, measured.cpu_time.value_or(0) / static_cast<double>(std::max<std::int64_t>(1, measured.transactions)));
  one.along_ms = statements * (kAlongCpuMs + (workload.host.clients_local ? kLocalClientCpuMs : 0));
  one.pooler_ms = kPoolerCpuMs * statements;
  one.delay_ms = UncontendedClient(split, neighbours) + split.io + split.wal + split.lwlock + split.other;
  if (!measured.cpu_time && !split.sampled) {  // nothing says what of it was CPU: then all of it may have been
    one.server_cpu_ms = split.other;
    one.delay_ms -= split.other;
  }
  one.server_cpu_ms = Alone(one.server_cpu_ms, statements, running);
  one.cpu_ms = one.server_cpu_ms + (workload.host.clients_local ? one.pooler_ms : 0);
  one.overhead_ms = Overhead(one.cpu_ms, statements);
  one.wakes = statements * (workload.host.clients_local ? kLocalWakes : 1);
  one.size = ServiceTime::Measured(measured.MeanTime(), measured.stddev_time, measured.p50_time);
  FitLocks(split, one.rate, one);
  return one;
}

// What is not the pools' work: measured, else at least the transactions of other databases.
double OtherCores(const model::PoolWorkload& workload, const PoolModel& model) {
  double own = 0;
  // As measured: what running beside others cost them is theirs, too. Else what is taken to be CPU.
  for (const ClassModel& one : model.classes) {
    const std::optional<double>& cpu_time = workload.classes[one.source].cpu_time;
    own += cpu_time ? *cpu_time / (1000 * workload.seconds) : one.rate * one.server_cpu_ms;
    if (workload.host.clients_local) own += one.rate * one.pooler_ms;
  }
  double other = 0;
  for (const model::PoolClass& one : workload.classes)
    if (one.database != workload.server.database) other += one.cpu_time.value_or(0) / (1000 * workload.seconds);
  if (workload.host.busy_cores) other = *workload.host.busy_cores - own;
  return std::clamp(other, 0.0, model.cores);
}

}  // namespace

double PoolModel::Rate() const {
  return std::accumulate(classes.begin(), classes.end(), 0.0,
                         [](double sum, const ClassModel& one) { return sum + one.rate; });
}

double PoolModel::Mean(double ClassModel::*part, std::size_t group) const {
  double sum = 0;
  double weight = 0;
  for (const ClassModel& one : classes) {
    if (group != kAllGroups && one.pool != group) continue;
    sum += one.rate * one.*part;
    weight += one.rate;
  }
  return weight > 0 ? sum / weight : 0;
}

double PoolModel::Share(std::size_t group) const {
  double sum = 0;
  for (const ClassModel& one : classes)
    if (one.pool == group) sum += one.rate;
  return Rate() > 0 ? sum / Rate() : 0;
}

SaturatedPool PoolModel::Saturated(std::size_t group, double other_cpu) const {
  SaturatedPool pool;
  pool.cores = cores;
  pool.others = others;
  pool.others.always += other_cpu;
  pool.cpu_ms = Mean(&ClassModel::cpu_ms, group);
  pool.delay_ms = Mean(&ClassModel::delay_ms, group);
  pool.overhead_ms = Mean(&ClassModel::overhead_ms, group);
  for (const ClassModel& one : classes)
    if (group == kAllGroups || one.pool == group) pool.locks = std::max(pool.locks, one.locks);
  pool.lock_share = Mean(&ClassModel::lock_share, group);
  return pool;
}

SimulatedSystem PoolModel::System() const {
  SimulatedSystem system;
  system.cores = cores;
  system.others = others;
  const double cpu_ms = Mean(&ClassModel::cpu_ms, kAllGroups);
  if (cpu_ms > 0) system.others.along_each = Mean(&ClassModel::along_ms, kAllGroups) / cpu_ms;
  system.slice_ms = kSliceMs * (1 + std::floor(std::log2(std::min(cores, kMostSliceCores))));
  for (const ClassModel& one : classes)
    system.classes.push_back({one.pool, one.rate, one.cpu_ms, one.delay_ms, one.overhead_ms, one.lock_share, one.locks, one.wakes, one.size});
  system.pools.resize(groups.size());
  return system;
}

PoolModel MakeModel(const model::PoolWorkload& workload, std::vector<PoolGroup> groups) {
  PoolModel model;
  model.cores = std::max(1, workload.host.cores);
  const double running = RunningOf(workload, groups);
  const Neighbours neighbours = NeighboursOf(workload, groups, running);
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (const std::size_t source : groups[g].classes) model.classes.push_back(ModelOf(workload, neighbours, running, source, g));
  model.groups = std::move(groups);
  model.other_cores = OtherCores(workload, model);
  model.others.always = model.other_cores;
  model.others.along = std::max(0.0, kLeastCompetitors - model.other_cores) + (workload.host.clients_local ? kLocalClients : 0);
  return model;
}

}  // namespace steward::advise::pool
