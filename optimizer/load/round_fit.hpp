// What is compared in rounds, of which not every one holds every member: levels and their ratios with intervals. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <vector>

#include "load/confidence.hpp"

namespace steward::load {

/// One measurement: of which size, in which round.
struct Observation {
  int size = 0;
  std::size_t round = 0;
  double value = 0;
  bool in_question = true;  // else neither the round's factor nor the spread is learned from it
};

/// value = level of the size × factor of the round × (1 + error): a two-way layout (randomized blocks with empty cells)
/// whose error has the same relative spread for every size, so that it is learned from all of them together. A size
/// that came in late is not taken for better because the machine was faster by then.
class RoundFit {
 public:
  explicit RoundFit(const std::vector<Observation>& observations);

  /// In the unit of the values, in a round of mean speed; 0 of a size without observations.
  double Level(int size) const;
  /// 95 % interval of the size's level over the reference's. No bound above where nothing is left to learn the spread
  /// from, or no chain of common rounds leads from one to the other. Of a size over itself 1 exactly.
  Interval Ratio(int size, int reference) const;
  /// Relative standard error of Level() for known factors of the rounds; infinity where it is unknown.
  double Error(int size) const;

 private:
  struct Member {
    double level = 0;
    std::set<std::size_t> rounds;
    [[nodiscard]] double Count() const { return static_cast<double>(rounds.size()); }
  };
  void FitLevels(const std::vector<Observation>& observations);
  void FitSpread(const std::vector<Observation>& observations);
  double Variance(int size, int reference) const;

  std::map<int, Member> members_;
  std::map<std::size_t, double> factors_;
  double spread_ = 0;  // relative standard deviation of one observation
  std::size_t freedom_ = 0;
};

}  // namespace steward::load
