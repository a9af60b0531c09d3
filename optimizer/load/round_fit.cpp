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
    members_[one.size].rounds.insert(one.round);
  }
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    for (auto& [size, member] : members_) member.level = 0;
    for (const Observation& one : observations)
      members_[one.size].level += one.value / factors_[one.round] / members_[one.size].Count();
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
  return member == members_.end() ? kUnknown : spread_ / std::sqrt(member->second.Count());
}

// Of the difference of two sizes' effects, in variances of one observation: the sizes' information matrix, the rounds
// eliminated, is a graph's Laplacian (Searle, Linear Models for Unbalanced Data, chapter 4), so that the difference's
// variance is found by leaving the reference out and solving for the size.
double RoundFit::Variance(int size, int reference) const {
  std::map<std::size_t, double> present;
  for (const auto& [number, member] : members_)
    for (const std::size_t round : member.rounds) ++present[round];
  std::vector<const Member*> others = {&members_.at(size)};  // first, so that elimination from the end leaves it
  for (const auto& [number, member] : members_)
    if (number != size && number != reference) others.push_back(&member);
  const std::size_t n = others.size();
  std::vector<double> matrix(n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      for (const std::size_t round : others[i]->rounds) {
        if (i == j) matrix[i * n + j] += 1;
        if (others[j]->rounds.contains(round)) matrix[i * n + j] -= 1 / present[round];
      }
  constexpr double kNone = 1e-9;
  for (std::size_t k = n; --k > 0;) {
    if (matrix[k * n + k] < kNone) continue;  // tied to none of those that are left: it says nothing of them
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t j = 0; j < k; ++j) matrix[i * n + j] -= matrix[i * n + k] * matrix[k * n + j] / matrix[k * n + k];
  }
  return matrix[0] < kNone ? kUnknown : 1 / matrix[0];
}

Interval RoundFit::Ratio(int size, int reference) const {
  if (size == reference) return {1, 1, 1};
  const double base = Level(reference);
  if (base <= 0 || Level(size) <= 0) return {0, 0, freedom_ > 0 ? 0 : kUnknown};
  const double ratio = Level(size) / base;
  const double variance = Variance(size, reference);
  if (freedom_ == 0 || !std::isfinite(variance)) return {ratio, 0, kUnknown};
  const double half = ratio * StudentT(freedom_) * spread_ * std::sqrt(variance);
  return {ratio, std::max(ratio - half, 0.0), ratio + half};
}

}  // namespace steward::load
