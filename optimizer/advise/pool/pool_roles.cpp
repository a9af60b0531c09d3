// See pool_roles.hpp.
#include "advise/pool/pool_roles.hpp"

#include <algorithm>
#include <numeric>

namespace steward::advise::pool {

namespace {

using model::PoolClass;

constexpr double kAdminTimesMedian = 20;
constexpr double kShortestAdmin = 5;  // ms: what is shorter keeps nobody waiting
constexpr double kMostAdmin = 0.1;    // of the transactions: what is more is what the server is for
// Less is somebody who looked: of transactions (and at least so many of them), or of time.
constexpr double kLeastShare = 0.002;
constexpr std::int64_t kFewest = 10;
constexpr double kLeastTime = 0.01;

bool Named(const std::vector<std::string>& patterns, const PoolClass& one) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return Matches(pattern, one.role) || Matches(pattern, one.application);
  });
}

// Mean hold time of the class that the median transaction is of.
double MedianHold(const std::vector<PoolClass>& classes, std::vector<std::size_t> chosen) {
  std::sort(chosen.begin(), chosen.end(),
            [&](std::size_t a, std::size_t b) { return classes[a].MeanTime() < classes[b].MeanTime(); });
  std::int64_t all = 0;
  for (const std::size_t i : chosen) all += classes[i].transactions;
  std::int64_t seen = 0;
  for (const std::size_t i : chosen)
    if ((seen += classes[i].transactions) * 2 >= all) return classes[i].MeanTime();
  return 0;
}

bool NeverWrites(const PoolClass& one) {
  constexpr double kNever = 0.001;
  return one.writing_transactions &&
         static_cast<double>(*one.writing_transactions) <= kNever * static_cast<double>(one.commits);
}

std::vector<std::size_t> OwnClasses(const model::PoolWorkload& workload, const model::PoolDemand& demand) {
  const std::vector<PoolClass>& classes = workload.classes;
  double transactions = 0;
  double time = 0;
  const auto own = [&](const PoolClass& one) {
    return one.database == workload.server.database && one.transactions > 0;
  };
  for (const PoolClass& one : classes)
    if (own(one)) transactions += static_cast<double>(one.transactions), time += one.total_time;
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const PoolClass& one = classes[i];
    const bool named = Named(demand.main, one) || Named(demand.read, one) || Named(demand.admin, one);
    const bool frequent = one.transactions >= kFewest && static_cast<double>(one.transactions) >= kLeastShare * transactions;
    const bool counts = frequent || one.total_time >= kLeastTime * time;
    if (own(one) && (named || counts)) chosen.push_back(i);
  }
  return chosen;
}

}  // namespace

bool Matches(const std::string& pattern, const std::string& name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string::npos;
  std::size_t mark = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p, ++n;
    } else if (star != std::string::npos) {
      p = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<PoolGroup> GroupClasses(const model::PoolWorkload& workload, const model::PoolDemand& demand) {
  std::vector<PoolGroup> groups = {{"main", {}}, {"read", {}}, {"admin", {}}};
  const std::vector<std::size_t> chosen = OwnClasses(workload, demand);
  const double median = MedianHold(workload.classes, chosen);
  double transactions = 0;
  for (const std::size_t i : chosen) transactions += static_cast<double>(workload.classes[i].transactions);
  const auto is_slow = [&](const PoolClass& one) {
    return one.MeanTime() >= kAdminTimesMedian * median && one.MeanTime() >= kShortestAdmin &&
           static_cast<double>(one.transactions) <= kMostAdmin * transactions;
  };
  std::vector<std::size_t> readers;
  for (const std::size_t i : chosen) {
    const PoolClass& one = workload.classes[i];
    if (demand.one_pool || Named(demand.main, one))
      groups[0].classes.push_back(i);
    else if (Named(demand.read, one))
      groups[1].classes.push_back(i);
    else if (Named(demand.admin, one) || is_slow(one))
      groups[2].classes.push_back(i);
    else
      (NeverWrites(one) ? readers : groups[0].classes).push_back(i);
  }
  std::vector<std::size_t>& to = groups[0].classes.empty() ? groups[0].classes : groups[1].classes;
  to.insert(to.end(), readers.begin(), readers.end());
  for (std::size_t g = 1; g < groups.size() && groups[0].classes.empty(); ++g) groups[0].classes.swap(groups[g].classes);
  std::erase_if(groups, [](const PoolGroup& group) { return group.classes.empty(); });
  return groups;
}

}  // namespace steward::advise::pool
