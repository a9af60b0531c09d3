// See advise_pool.hpp.
#include "advise/pool/advise_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "advise/pool/cause.hpp"
#include "advise/pool/feasibility.hpp"
#include "advise/pool/setting_rows.hpp"

namespace steward::advise {

namespace {

using namespace pool;
using model::AdvisedPool;
using model::PoolAdvice;
using model::PoolCause;

constexpr std::int64_t kConnectionMemory = std::int64_t{5} << 20;  // private, before work_mem; 1.2 MB with a small catalog
constexpr double kOfMemory = 0.8;

std::int64_t MemoryOf(const model::PoolLimits& limits, bool admin) {
  if (!admin) return kConnectionMemory + limits.work_mem;
  const double hashes = static_cast<double>(limits.work_mem) * limits.hash_mem_multiplier;
  return kConnectionMemory + static_cast<std::int64_t>(hashes * (1 + limits.parallel_workers));
}

// What is left to the pools of the connections that were given; all there can be where none were.
std::int64_t Budget(const model::PoolWorkload& workload, const model::PoolDemand& demand) {
  if (!demand.max_connections) return std::numeric_limits<int>::max();
  return std::max<std::int64_t>(*demand.max_connections - workload.limits.reserved - kDirectConnections - OtherSessions(workload), 1);
}

int Limit(const model::PoolWorkload& workload, const model::PoolDemand& demand) {
  constexpr double kFewest = 10;
  constexpr double kMost = 2000;
  double limit = kMost;
  if (workload.host.memory > 0) {
    const double memory = kOfMemory * static_cast<double>(workload.host.memory) - static_cast<double>(workload.limits.shared_buffers);
    limit = std::min(limit, memory / static_cast<double>(MemoryOf(workload.limits, false)));
  }
  limit = std::max(kFewest, limit);
  return static_cast<int>(std::min(limit, static_cast<double>(Budget(workload, demand))));
}

model::PoolMember MemberOf(const model::PoolWorkload& workload, const model::PoolClass& one) {
  model::PoolMember member;
  member.name = ClassName(one);
  member.role = one.role;
  member.rate = static_cast<double>(one.transactions) / workload.seconds;
  member.hold_time = one.MeanTime();
  member.hold_time_p95 = one.p95_time;
  member.hold_time_max = one.max_time;
  member.split = SplitHold(one);
  member.cause = CauseOf(member.split);
  member.why = WhySentence(member.split);
  member.features_known = one.features_known;
  member.features = one.features;
  return member;
}

// The members' mean transaction, taken apart.
model::HoldSplit Together(const std::vector<model::PoolMember>& members) {
  using model::HoldSplit;
  HoldSplit all;
  double rate = 0;
  all.sampled = true;
  for (const model::PoolMember& member : members) {
    rate += member.rate;
    all.sampled = all.sampled && member.split.sampled;
    for (double HoldSplit::*part : {&HoldSplit::cpu, &HoldSplit::queue, &HoldSplit::lock, &HoldSplit::lwlock, &HoldSplit::io,
                                    &HoldSplit::wal, &HoldSplit::client, &HoldSplit::other})
      all.*part += member.rate * member.split.*part;
  }
  return all;
}

// What does not survive a change of hands. SET is left out: what it sets may be what every session sets.
std::string ModeOf(const AdvisedPool& pool) {
  for (const model::PoolMember& member : pool.members)
    for (const char* feature : {"listen", "advisory_lock", "temp_table", "hold_cursor", "load", "set_role", "prepare"})
      if (std::find(member.features.begin(), member.features.end(), feature) != member.features.end()) return "session";
  return "transaction";
}

std::vector<AdvisedPool> Members(const model::PoolWorkload& workload, const std::vector<PoolGroup>& groups) {
  std::vector<AdvisedPool> pools;
  for (const PoolGroup& group : groups) {
    AdvisedPool& pool = pools.emplace_back();
    pool.name = group.name;
    for (const std::size_t i : group.classes) pool.members.push_back(MemberOf(workload, workload.classes[i]));
    pool.cause = CauseOf(Together(pool.members));
    pool.mode = ModeOf(pool);
  }
  return pools;
}

// Fewer where the server cannot have as many; returns whether it had to.
bool CutToBudget(const PoolModel& model, const model::PoolWorkload& workload, const model::PoolDemand& demand, Sizing& sizing) {
  if (!demand.max_connections) return false;
  std::vector<Claim> claims;
  int wanted = 0;
  for (std::size_t g = 0; g < sizing.sizes.size(); ++g) {
    double cv2 = 0;
    for (const ClassModel& one : model.classes)
      if (one.pool == g) cv2 = std::max(cv2, one.size.cv2());
    const SimulatedOutcome& outcome = sizing.outcomes.pools[g];
    claims.push_back({sizing.sizes[g], std::max(1, static_cast<int>(std::ceil(outcome.busy / 2))), outcome.throughput,
                      outcome.hold_mean, cv2});
    wanted += sizing.sizes[g];
  }
  const auto budget = static_cast<int>(Budget(workload, demand));
  if (wanted <= budget) return false;
  sizing.sizes = Allocate(claims, budget);
  return true;
}

// In session mode a connection is its client's until that leaves.
std::int64_t MostSessions(const model::PoolWorkload& workload, const PoolGroup& group) {
  std::int64_t sessions = 0;
  for (const std::size_t i : group.classes) sessions += workload.classes[i].max_sessions.value_or(0);
  return sessions;
}

// Clients beyond the pool's size would never be served: no more of them than there are connections.
void SizeForSessions(AdvisedPool& pool, std::int64_t most, int instances) {
  pool.size = std::max({pool.size, most, static_cast<std::int64_t>(instances)});
  pool.application_pool = pool.size / instances;
  pool.min_size = std::min(pool.min_size, pool.size);
  pool.reserve = 0;
  pool.notes.back() = most > 0 ? "in session mode one for each of the sessions that were seen at once"
                               : "in session mode each session takes one, and how many there are was not captured";
  pool.notes.push_back("what is predicted is predicted of transaction mode");
}

// Each process has its own part of a pool, rounded up.
std::int64_t OverProcesses(std::int64_t connections, const model::PoolDemand& demand) {
  const std::int64_t processes = demand.pooler_processes;
  return (connections + processes - 1) / processes * processes;
}

std::string SizeNote(const AdvisedPool& pool, const Sizing& sizing, const model::PoolDemand& demand, bool cut) {
  if (cut) return fmt::format("the server's {} connections, divided", *demand.max_connections);
  if (pool.name == "admin" && pool.cause == PoolCause::kCpu)
    return "the fewest that are busy 70 % of the time at most, and no more than there are cores: they keep these from the others";
  if (pool.name == "admin") return "the fewest that are busy 70 % of the time at most";
  if (sizing.saturated) return "the fewest that serve 98.5 % of what any size can";
  return fmt::format("the fewest with responses under {:.4g} ms, waits under a tenth of that, use under 80 %, and every core "
                     "in use when a burst comes", demand.slo_p95);
}

std::int64_t Reserve(const AdvisedPool& pool) {
  if (pool.cause == PoolCause::kHold) return (pool.size + 3) / 4;
  return pool.cause == PoolCause::kMixed ? (pool.size + 7) / 8 : 0;
}

void Fill(AdvisedPool& pool, const SimulatedOutcome& outcome, double share, const Sizing& sizing, const PoolAdvice& advice) {
  model::PoolPrediction& predicted = pool.predicted;
  predicted.throughput = 1000 * outcome.throughput;
  predicted.wait_mean = outcome.wait_mean;
  predicted.wait_p95 = outcome.wait_p95;
  predicted.response_p95 = outcome.response_p95;
  predicted.hold_mean = outcome.hold_mean;
  predicted.utilization = std::min(1.0, outcome.busy / static_cast<double>(pool.size));
  predicted.timeout_ratio = outcome.timeout_ratio;
  pool.demand = 1000 * sizing.asked * share;
  pool.reserve = Reserve(pool);
  pool.min_size = std::clamp<std::int64_t>(std::llround(std::ceil(outcome.busy)), 1, pool.size);
  constexpr double kSkew = 1.2;  // instances are never loaded alike
  const double requests = outcome.throughput * (outcome.wait_mean + outcome.hold_mean);
  double all = std::max(2.0 * static_cast<double>(pool.size), kSkew * (requests + 3 * std::sqrt(requests)));
  if (advice.demand.users) {
    pool.users = *advice.demand.users * share;
    all = std::min(all, *advice.demand.users);
    pool.demand = std::min(pool.demand, 1000 * sizing.needed * share);
  }
  pool.application_pool = std::max<std::int64_t>(4, std::llround(std::ceil(all / advice.demand.instances)));
}

double CoresUsed(const std::vector<AdvisedPool>& pools) {
  double cores = 0;
  for (const AdvisedPool& pool : pools)
    for (const model::PoolMember& member : pool.members) cores += member.rate * member.split.cpu / 1000;
  return cores;
}

// The pooler says so; else clients waited where about as many were busy on the mean as ever were.
bool Censored(const model::PoolWorkload& workload, const std::vector<PoolGroup>& groups) {
  if (workload.waiting_clients.value_or(0) > 0) return true;
  double mean = 0;
  double most = 0;
  for (const PoolGroup& group : groups)
    for (const std::size_t i : group.classes) {
      const model::PoolClass& one = workload.classes[i];
      if (!one.max_busy || workload.seconds <= 0) return false;
      mean += one.total_time / (1000 * workload.seconds);
      most += static_cast<double>(*one.max_busy);
    }
  constexpr double kAlways = 0.85;
  return most >= 2 && mean >= kAlways * most;
}

std::string Diagnose(PoolCause cause, const model::HoldSplit& split, double used, const PoolModel& model) {
  constexpr double kWorthSaying = 0.1;
  const std::string others =
      model.other_cores >= kWorthSaying * model.cores ? fmt::format(", other processes {:.2g}", model.other_cores) : "";
  const std::string where = fmt::format("a connection is held {}; the transactions use {:.3g} of {:.0f} cores{}", WhySentence(split),
                                        used, model.cores, others);
  switch (cause) {
    case PoolCause::kCpu:
      return where + ". More connections would share the same cores, not add any";
    case PoolCause::kHold:
      return where + ". Connections wait while they are held: more of them serve more, shorter transactions need fewer";
    case PoolCause::kLock:
      return where + ". Transactions queue for each other: more connections lengthen that queue";
    case PoolCause::kMixed:
      return where + ". No single thing holds the connections";
    default:
      return where + ". What they wait for was not captured";
  }
}

void JudgeCause(const PoolModel& model, PoolAdvice& advice) {
  std::vector<model::PoolMember> all;
  for (const AdvisedPool& pool : advice.pools) all.insert(all.end(), pool.members.begin(), pool.members.end());
  const model::HoldSplit split = Together(all);
  const double used = CoresUsed(advice.pools);
  // Then it is CPU that is short, whatever else transactions wait for.
  constexpr double kAllCores = 0.85;
  constexpr double kOwnPart = 1.0 / 3;
  const bool short_of_cpu = used + model.other_cores >= kAllCores * model.cores && used >= kOwnPart * model.cores;
  advice.cause = short_of_cpu ? PoolCause::kCpu : CauseOf(split);
  advice.diagnosis = Diagnose(advice.cause, split, used, model);
}

void Warn(const model::PoolWorkload& workload, const PoolModel& model, PoolAdvice& advice) {
  constexpr double kFewSamples = 100;
  double seen = 0;
  for (const PoolGroup& group : model.groups)
    for (const std::size_t i : group.classes)
      if (const auto& s = workload.classes[i].samples)
        seen += static_cast<double>(s->running + s->lock + s->lwlock + s->io + s->wal + s->client + s->other);
  if (seen > 0 && seen < kFewSamples)
    advice.warnings.push_back(fmt::format("transactions were seen at work {:.0f} times only: what they wait for is rough", seen));
  if (advice.censored && !advice.demand.users && !advice.demand.rate)
    advice.warnings.push_back("clients wait, or all connections were busy all the time: what was measured is what was served, not what "
                              "was asked for, which is taken for half as much again. Give --users and --think-time, or --rate");
  const double pooler = advice.feasibility.feasible ? model.Mean(&ClassModel::pooler_ms, kAllGroups) : 0;
  double served = 0;
  for (const AdvisedPool& pool : advice.pools) served += pool.predicted.throughput / 1000;
  constexpr double kBusyPooler = 0.8;
  if (const double processes = served * pooler / kBusyPooler; processes > advice.demand.pooler_processes)
    advice.warnings.push_back(fmt::format("one PgBouncer uses one core at most: {:.0f} processes are needed (--pgbouncer-processes)",
                                          std::ceil(processes)));
  if (workload.limits.refused_connections.value_or(0) > 0)
    advice.warnings.push_back(fmt::format("the server refused {} connections: too many clients", *workload.limits.refused_connections));
  if (workload.host.memory > 0 &&
      advice.memory + workload.limits.shared_buffers > static_cast<std::int64_t>(kOfMemory * static_cast<double>(workload.host.memory)))
    advice.warnings.push_back("with work_mem in use on every connection and shared_buffers, more than 80 % of the memory is taken");
}

// Sizes, what is predicted, and the connections of all. True when the limit on these leaves none.
bool FillPools(const model::PoolWorkload& workload, const PoolModel& model, const model::PoolDemand& demand, const Sizing& sizing,
               bool cut, PoolAdvice& advice) {
  std::int64_t left = Budget(workload, demand);
  for (const int size : sizing.sizes) left -= size;
  const bool bounded = left <= 0;
  for (std::size_t g = 0; g < advice.pools.size(); ++g) {
    AdvisedPool& pool = advice.pools[g];
    pool.size = sizing.sizes[g];
    pool.notes.push_back(SizeNote(pool, sizing, demand, cut));
    Fill(pool, sizing.outcomes.pools[g], model.Share(g), sizing, advice);
    if (pool.mode == "session") SizeForSessions(pool, MostSessions(workload, model.groups[g]), demand.instances);
    pool.reserve = std::clamp<std::int64_t>(left, 0, pool.reserve);
    left -= pool.reserve;
    pool.memory = pool.size * MemoryOf(workload.limits, pool.name == "admin");
    advice.connections += OverProcesses(pool.size, demand) + OverProcesses(pool.reserve, demand);
    advice.memory += pool.memory;
  }
  return bounded;
}

}  // namespace

PoolAdvice AdvisePool(const model::PoolWorkload& workload, const model::PoolDemand& asked) {
  PoolAdvice advice;
  model::PoolDemand demand = asked;
  advice.server = workload.server;
  advice.seconds = workload.seconds;
  advice.since_reset = workload.since_reset;
  advice.host = workload.host;
  advice.demand = demand;
  advice.missing = workload.missing;
  std::vector<PoolGroup> groups = GroupClasses(workload, demand);
  constexpr double kShortest = 1;
  if (groups.empty() || workload.seconds < kShortest) {
    advice.missing.push_back(groups.empty() ? "no transaction of this database was captured" : "less than a second was captured");
    return advice;
  }
  advice.pools = Members(workload, groups);
  advice.censored = Censored(workload, groups);
  constexpr double kUnseen = 1.5;
  if (advice.censored) demand.growth *= kUnseen;
  const PoolModel model = MakeModel(workload, std::move(groups));
  SizingOptions options;
  options.limit = Limit(workload, demand);
  options.acquire_timeout_ms = ChooseTimeouts(demand, advice.pools).query_wait_ms;
  Sizing sizing = SizePools(model, demand, options);
  const bool cut = CutToBudget(model, workload, demand, sizing);
  // What is predicted is predicted with the timeout that is advised, which is twice what slow classes were seen to wait.
  if (cut) sizing.outcomes = Predict(model, demand, sizing.sizes, options);
  const Timeouts timeouts = ChooseTimeouts(demand, advice.pools, sizing.outcomes);
  options.acquire_timeout_ms = timeouts.query_wait_ms;
  options.transactions *= 3;
  options.margin = false;
  sizing.outcomes = Predict(model, demand, sizing.sizes, options);
  sizing.promises = KeepsPromises(model, demand, sizing.outcomes);
  const bool bounded = FillPools(workload, model, demand, sizing, cut, advice);
  advice.budget = std::max<std::int64_t>(0, workload.limits.max_connections - workload.limits.reserved);
  JudgeCause(model, advice);
  options.transactions /= 3;
  options.margin = true;
  advice.feasibility = JudgeFeasibility(model, demand, options, sizing, advice.pools, bounded);
  Warn(workload, model, advice);
  advice.settings = Settings(workload, advice, timeouts);
  return advice;
}

}  // namespace steward::advise
