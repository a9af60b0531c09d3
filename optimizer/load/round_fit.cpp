// See round_fit.hpp.
#include "load/round_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace steward::load {

namespace {

constexpr int kSweeps = 30;  // of the fit; each takes most of what is left of the imbalance away
constexpr double kUnknown = std::numeric_limits<double>::infinity();

}  // namespace

RoundFit::RoundFit(const std::vector<Observation>& observations) {
  FitLevels(observations);
  FitSpread(observations);
}

void RoundFit::FitLevels(const std::vector<Observation>& observations) {
  for (const Observation& one : observations) {
    factors_[one.round] = 1;
    ++members_[one.size].count;
  }
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    for (auto& [size, member] : members_) member.level = 0;
    for (const Observation& one : observations)
      members_[one.size].level += one.value / factors_[one.round] / members_[one.size].count;
    std::map<std::size_t, std::pair<double, int>> relative;
    for (const Observation& one : observations)
      if (const double level = members_[one.size].level; one.in_question && level > 0) {
        relative[one.round].first += one.value / level;
        ++relative[one.round].second;
      }
    double sum = 0;
    for (auto& [round, factor] : factors_) {
      const auto& [total, count] = relative[round];
      factor = total > 0 ? total / count : 1;
      sum += factor;
    }
    for (auto& [round, factor] : factors_) factor *= static_cast<double>(factors_.size()) / sum;
  }
}

void RoundFit::FitSpread(const std::vector<Observation>& observations) {
  double squares = 0;
  std::size_t count = 0;
  std::set<int> sizes;
  std::set<std::size_t> rounds;
  for (const Observation& one : observations) {
    const double expected = members_[one.size].level * factors_[one.round];
    if (!one.in_question || expected <= 0) continue;
    squares += (one.value / expected - 1) * (one.value / expected - 1);
    ++count;
    sizes.insert(one.size);
    rounds.insert(one.round);
  }
  const std::size_t parameters = sizes.size() + rounds.size() - std::min<std::size_t>(1, count);
  freedom_ = count > parameters ? count - parameters : 0;
  spread_ = freedom_ > 0 ? std::sqrt(squares / static_cast<double>(freedom_)) : kUnknown;
}

double RoundFit::Level(int size) const {
  const auto member = members_.find(size);
  return member == members_.end() ? 0 : member->second.level;
}

double RoundFit::Error(int size) const {
  const auto member = members_.find(size);
  return member == members_.end() ? kUnknown : spread_ / std::sqrt(member->second.count);
}

Interval RoundFit::Ratio(int size, int reference) const {
  if (size == reference) return {1, 1, 1};
  const double base = Level(reference);
  if (base <= 0 || Level(size) <= 0) return {0, 0, freedom_ > 0 ? 0 : kUnknown};
  const double ratio = Level(size) / base;
  if (freedom_ == 0) return {ratio, 0, kUnknown};
  const double half = ratio * StudentT(freedom_) * std::hypot(Error(size), Error(reference));
  return {ratio, std::max(ratio - half, 0.0), ratio + half};
}

}  // namespace steward::load
