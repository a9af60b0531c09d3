// See feasibility.hpp.
#include "advise/pool/feasibility.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace steward::advise::pool {

namespace {

using model::AdvisedPool;
using model::HoldSplit;
using model::PoolFeasibility;

constexpr double kMostCores = 0.8;  // of all; beyond, waits for a core grow without a bound

// Time of all transactions of the pools but admin by what they hold their connection for, weighted by rate.
HoldSplit Together(const std::vector<AdvisedPool>& pools) {
  HoldSplit all;
  for (const AdvisedPool& pool : pools)
    for (const model::PoolMember& member : pool.members)
      for (double HoldSplit::*part : {&HoldSplit::cpu, &HoldSplit::queue, &HoldSplit::lock, &HoldSplit::lwlock,
                                      &HoldSplit::io, &HoldSplit::wal, &HoldSplit::client, &HoldSplit::other})
        all.*part += member.rate * member.split.*part;
  return all;
}

void HelpCpu(const PoolFeasibility& judged, const std::vector<AdvisedPool>& pools, std::vector<std::string>& helps) {
  const model::PoolMember* heaviest = nullptr;
  for (const AdvisedPool& pool : pools)
    for (const model::PoolMember& member : pool.members)
      if (heaviest == nullptr || member.rate * member.split.cpu > heaviest->rate * heaviest->split.cpu) heaviest = &member;
  if (heaviest != nullptr)
    helps.push_back(fmt::format("statements that need less CPU: pgsteward advise indexes ({} takes the most, {:.3g} ms a transaction)",
                                heaviest->name, heaviest->split.cpu));
  if (judged.most_rate.value_or(0) > 0) helps.push_back(fmt::format("{:.0f} cores instead of what there is", std::ceil(judged.cores_needed)));
}

void HelpHold(const HoldSplit& split, std::vector<std::string>& helps) {
  std::vector<std::pair<double, std::string>> parts = {
      {split.client, "shorter transactions: they wait for their client while they hold a connection; what else the client "
                     "does belongs before BEGIN or after COMMIT"},
      {split.wal, "less waiting for WAL: a faster device for pg_wal, several rows a transaction, or synchronous_commit = off "
                  "where the last moments may be lost in a crash"},
      {split.io, "less I/O: more memory, or indexes (pgsteward advise indexes)"},
      {split.lock + split.lwlock, "less time under locks: touch the rows that all want last, and commit at once"},
      {split.other, "shorter waits inside transactions (steward.slow_queries says on what)"}};
  std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  constexpr double kMuch = 0.2;
  for (const auto& [time, text] : parts)
    if (time >= kMuch * split.Total()) helps.push_back(text);
}

bool MixesSlow(const PoolModel& model, const model::PoolDemand& demand) {
  constexpr double kVeryUneven = 9;  // squared coefficient of variation
  return demand.one_pool || std::any_of(model.classes.begin(), model.classes.end(), [&](const ClassModel& one) {
           return one.size.cv2() > kVeryUneven && model.groups[one.pool].name != "admin";
         });
}

// 10000 and not 1e+04.
std::string Rate(double per_ms) {
  constexpr double kWhole = 0.1;
  return per_ms >= kWhole ? fmt::format("{:.0f}", per_ms * 1000) : fmt::format("{:.3g}", per_ms * 1000);
}

std::string WhyNot(const PoolModel& model, const model::PoolDemand& demand, const Sizing& sizing, const PoolFeasibility& judged,
                   bool alone, bool bounded) {
  if (alone)
    return fmt::format("one transaction in twenty takes longer than the promised {:.4g} ms even alone on the server", demand.slo_p95);
  const std::string asked = fmt::format(
      "{}{} transactions/s", demand.users ? fmt::format("{:.0f} users who are answered in time make ", *demand.users) : "",
      Rate(sizing.needed));
  if (judged.cores_needed > model.cores)
    return fmt::format("{}, which take {:.2g} of {:.2g} cores at {:.3g} ms each{}; above 80 % waits grow without a bound", asked,
                       judged.cpu_utilization * model.cores, model.cores, model.Mean(&ClassModel::cpu_ms, kAllGroups),
                       model.other_cores >= 0.1 ? fmt::format(", while other processes use {:.2g}", model.other_cores) : "");
  if (bounded)
    return fmt::format("{}, for which the {} connections that were given are too few", asked, demand.max_connections.value_or(0));
  if (sizing.needed > sizing.capacity)
    return fmt::format("{}; at its best size the server ends {} a second", asked, Rate(sizing.capacity));
  return "the slowest transactions are as slow as that by themselves";
}

}  // namespace

PoolFeasibility JudgeFeasibility(const PoolModel& model, const model::PoolDemand& demand, const SizingOptions& options,
                                 const Sizing& sizing, const std::vector<AdvisedPool>& pools, bool bounded) {
  PoolFeasibility judged;
  const double cpu = model.Mean(&ClassModel::cpu_ms, kAllGroups);
  judged.cores_needed = sizing.needed * cpu / kMostCores + model.other_cores;
  judged.cpu_utilization = sizing.needed * cpu / model.cores;
  judged.feasible = sizing.promises;
  if (judged.feasible) return judged;
  const double share = LargestShare(model, demand, options);
  if (demand.users) judged.most_users = std::floor(share * *demand.users);
  judged.most_rate = 1000 * std::min(share * sizing.needed, sizing.capacity);
  judged.why = WhyNot(model, demand, sizing, judged, share == 0, bounded);
  const HoldSplit split = Together(pools);
  if (judged.cores_needed > model.cores && split.cpu + split.queue > split.Total() / 4) HelpCpu(judged, pools, judged.helps);
  if (MixesSlow(model, demand))
    judged.helps.push_back("a pool of its own for the slow transactions: another role or application_name for them, "
                           "so that they are told apart");
  HelpHold(split, judged.helps);
  if (judged.helps.empty()) HelpCpu(judged, pools, judged.helps);
  return judged;
}

}  // namespace steward::advise::pool
