// See pool_sizing.hpp.
#include "advise/pool/pool_sizing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace steward::advise::pool {

namespace {

using model::PoolDemand;

constexpr double kMostUtilization = 0.8;
constexpr double kAimedUtilization = 0.75;  // so that what was misjudged by a fifteenth keeps the other
constexpr double kAdminUtilization = 0.7;
constexpr double kOfBest = 0.985;
constexpr double kServed = 0.95;
constexpr double kMostACore = 16;
constexpr double kWaitOfPromise = 0.1;  // a wait beyond is the pool's fault, not the transaction's
constexpr double kMostIdle = 16;
constexpr double kMostOverload = 4;
constexpr int kMostUsers = 50000;       // more are arrivals at a rate as far as anybody can tell

double Uncontended(const PoolModel& model, std::size_t group) {
  return model.Mean(&ClassModel::cpu_ms, group) + model.Mean(&ClassModel::delay_ms, group);
}

// Transactions a millisecond, were nobody to wait.
double Asked(const PoolModel& model, const PoolDemand& demand, double scale) {
  if (demand.users) return scale * *demand.users / (demand.think_time + std::max(Uncontended(model, kAllGroups), 1e-6));
  return scale * (demand.rate ? *demand.rate / 1000 : model.Rate() * demand.growth);
}

// A mean response of half the promised percentile is what it takes to keep that.
double Needed(const PoolModel& model, const PoolDemand& demand, double scale) {
  const double asked = Asked(model, demand, scale);
  return demand.users ? std::min(asked, scale * *demand.users / (demand.think_time + demand.slo_p95 / 2)) : asked;
}

bool Promised(const PoolDemand& demand, const SimulatedOutcome& pool, bool admin) {
  return pool.timeout_ratio <= demand.slo_timeouts && (admin || pool.response_p95 <= demand.slo_p95);
}

class Sizer {
 public:
  Sizer(const PoolModel& model, const PoolDemand& demand, const SizingOptions& options, double scale)
      : model_(model), demand_(demand), options_(options), scale_(scale) {
    sizing_.asked = Asked(model, demand, scale);
    sizing_.needed = Needed(model, demand, scale);
    const SaturatedPool all = model.Saturated(kAllGroups, 0);
    sizing_.capacity = all.Throughput(all.Smallest(kOfBest, Limit()));
    sizing_.saturated = sizing_.asked > kMostUtilization * sizing_.capacity;
  }

  Sizing Run() {
    for (std::size_t g = 0; g < model_.groups.size(); ++g) sizing_.sizes.push_back(Start(g));
    const int rounds = model_.groups.size() > 1 ? 2 : 1;  // what one pool takes of the cores the others lack
    for (int round = 0; round < rounds; ++round)
      for (std::size_t g = model_.groups.size(); g-- > 0;) Search(g);
    sizing_.outcomes = Outcomes();
    sizing_.promises = KeepsPromises(model_, demand_, sizing_.outcomes);
    return sizing_;
  }

 private:
  bool IsAdmin(std::size_t group) const { return model_.groups[group].name == "admin"; }
  SimulatedOutcomes Outcomes() const { return Predict(model_, demand_, sizing_.sizes, options_, scale_); }

  // More connections than clients are never busy.
  int Limit() const {
    const double users = demand_.users ? std::ceil(scale_ * *demand_.users) : options_.limit;
    return std::max(1, static_cast<int>(std::min<double>(options_.limit, users)));
  }

  // Slow transactions that compute keep a core from everybody else: no more of them at once than there are cores.
  int LimitOf(std::size_t group) const {
    if (!IsAdmin(group) || model_.Mean(&ClassModel::cpu_ms, group) < model_.Mean(&ClassModel::delay_ms, group)) return Limit();
    return std::min(Limit(), std::max(1, static_cast<int>(model_.cores)));
  }

  double RateOf(std::size_t group) const {
    return std::min(sizing_.asked, sizing_.capacity) * model_.Share(group);
  }

  // CPU of the other pools, in cores.
  double OtherCpu(std::size_t group) const {
    double sum = 0;
    for (std::size_t g = 0; g < model_.groups.size(); ++g)
      if (g != group) sum += RateOf(g) * model_.Mean(&ClassModel::cpu_ms, g);
    return std::min(sum, model_.cores / 2);
  }

  // What arrives at once should be able to use every core, however little comes on the mean.
  int BurstFloor(std::size_t group) const {
    if (IsAdmin(group)) return 1;
    const double knee = std::ceil(model_.Saturated(group, 0).Knee() - 1e-9);
    return static_cast<int>(std::clamp(knee, 2.0, std::max(2.0, 2 * model_.cores)));
  }

  // Below it nothing is tried: Little's law at the highest utilisation, or what the best throughput takes.
  int Start(std::size_t group) const {
    const double busy = RateOf(group) * Uncontended(model_, group);
    int floor = static_cast<int>(std::ceil(busy / (IsAdmin(group) ? kAdminUtilization : kAimedUtilization)));
    const int limit = Limit();
    floor = std::max(floor, BurstFloor(group));
    const bool needs_best = sizing_.saturated && !IsAdmin(group);
    const SaturatedPool pool = model_.Saturated(group, OtherCpu(group));
    // What computes more than it waits gains next to nothing from more, and takes the longer each.
    const int most = pool.cpu_ms > pool.delay_ms ? std::min(limit, static_cast<int>(kMostACore * model_.cores)) : limit;
    const int best = needs_best ? std::min(most, pool.Smallest(kOfBest, limit)) : 1;
    return std::clamp(std::max(floor, best), 1, limit);
  }

  // `all`: waits and utilisation too, which a larger pool mends where promises are kept already.
  bool Keeps(const SimulatedOutcomes& outcomes, std::size_t group, bool all) const {
    const SimulatedOutcome& pool = outcomes.pools[group];
    if (!Promised(demand_, pool, IsAdmin(group))) return false;
    if (!all) return true;
    if (pool.busy > (IsAdmin(group) ? kAdminUtilization : kAimedUtilization) * sizing_.sizes[group]) return false;
    return IsAdmin(group) || pool.wait_p95 <= kWaitOfPromise * demand_.slo_p95;
  }

  // From the start upwards, by an eighth at a time, until all is kept or throughput falls; then the smallest that keeps.
  void Search(std::size_t group) {
    const int start = Start(group);
    const int limit = LimitOf(group);
    int below = start - 1;
    int first_promises = 0;
    sizing_.sizes[group] = start;
    double best = 0;
    for (int n = start; n <= limit; n += std::max(1, n / 8)) {
      sizing_.sizes[group] = n;
      const SimulatedOutcomes outcomes = Outcomes();
      best = std::max(best, outcomes.pools[group].throughput);
      if (Keeps(outcomes, group, true)) return Refine(group, below, n, true);
      if (first_promises == 0 && Keeps(outcomes, group, false)) first_promises = n;
      if (outcomes.pools[group].throughput < kServed * best) break;  // too many: it gets worse
      if (n > kMostIdle * (outcomes.pools[group].busy + 1)) break;   // a slow class in it may take many that are idle mostly
      below = n;
    }
    sizing_.sizes[group] = first_promises > 0 ? first_promises : start;
  }

  void Refine(std::size_t group, int below, int keeps, bool all) {
    while (keeps - below > 1) {
      const int middle = (below + keeps) / 2;
      sizing_.sizes[group] = middle;
      (Keeps(Outcomes(), group, all) ? keeps : below) = middle;
    }
    sizing_.sizes[group] = keeps;
  }

  const PoolModel& model_;
  const PoolDemand& demand_;
  const SizingOptions& options_;
  double scale_;
  Sizing sizing_;
};

}  // namespace

SimulatedOutcomes Predict(const PoolModel& model, const PoolDemand& demand, const std::vector<int>& sizes,
                          const SizingOptions& options, double scale) {
  SimulatedSystem system = model.System();
  if (options.margin) system.others.along_each = model.others.along_each;
  for (std::size_t g = 0; g < sizes.size(); ++g) system.pools[g] = {sizes[g], options.acquire_timeout_ms};
  if (demand.users && scale * *demand.users <= kMostUsers) {
    system.users = std::max(1, static_cast<int>(std::lround(scale * *demand.users)));
    system.think_ms = demand.think_time;
  } else {
    // Beyond, nothing changes but how many wait.
    const double capacity = model.Saturated(kAllGroups, 0).Throughput(std::accumulate(sizes.begin(), sizes.end(), 0));
    system.rate = std::max(std::min(Asked(model, demand, scale), kMostOverload * capacity), 1e-9);
  }
  return Simulate(system, options.transactions);
}

bool KeepsPromises(const PoolModel& model, const PoolDemand& demand, const SimulatedOutcomes& outcomes) {
  for (std::size_t g = 0; g < model.groups.size(); ++g)
    if (!Promised(demand, outcomes.pools[g], model.groups[g].name == "admin")) return false;
  return true;
}

Sizing SizePools(const PoolModel& model, const PoolDemand& demand, const SizingOptions& options) {
  return Sizer(model, demand, options, 1).Run();
}

double LargestShare(const PoolModel& model, const PoolDemand& demand, const SizingOptions& options) {
  SizingOptions quick = options;
  quick.transactions /= 3;
  SizingOptions judged = quick;  // as the sizes that are advised are: chosen with the margin, judged without
  judged.margin = false;
  const auto promises = [&](double share) {
    const Sizing sizing = Sizer(model, demand, quick, share).Run();
    return sizing.promises || KeepsPromises(model, demand, Predict(model, demand, sizing.sizes, judged, share));
  };
  constexpr double kLeast = 1e-4;
  constexpr double kExact = 1.04;
  double low = kLeast;
  if (!promises(low)) return 0;
  double high = 1;
  while (high / low > kExact) {
    const double middle = std::sqrt(low * high);
    (promises(middle) ? low : high) = middle;
  }
  return low;
}

std::vector<int> Allocate(const std::vector<Claim>& claims, int budget) {
  std::vector<int> sizes;
  int given = 0;
  int least = 0;
  for (const Claim& claim : claims) least += claim.least;
  for (const Claim& claim : claims) {
    const double part = least > budget ? static_cast<double>(budget) / least : 1;
    sizes.push_back(std::max(1, static_cast<int>(claim.least * part)));
    given += sizes.back();
  }
  const auto waiting = [](const Claim& claim, int size) {
    constexpr double kUnstable = 1e9;  // and the more so the further from stable
    const double offered = claim.rate * claim.hold_ms;
    if (offered >= size) return kUnstable * (1 + offered - size);
    return claim.rate * MeanWait(size, claim.rate, claim.hold_ms, claim.cv2);
  };
  for (; given < budget; ++given) {
    std::size_t chosen = claims.size();
    double most = 0;
    for (std::size_t i = 0; i < claims.size(); ++i) {
      if (sizes[i] >= claims[i].wanted) continue;
      const double gain = waiting(claims[i], sizes[i]) - waiting(claims[i], sizes[i] + 1);
      if (chosen < claims.size() && gain <= most) continue;
      chosen = i;
      most = gain;
    }
    if (chosen == claims.size()) break;
    ++sizes[chosen];
  }
  return sizes;
}

}  // namespace steward::advise::pool
