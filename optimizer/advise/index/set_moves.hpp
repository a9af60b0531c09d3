// Moves of a search over sets of candidates: filling a set up, taking from it what earns least.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "advise/index/search_space.hpp"

namespace steward::advise {

[[nodiscard]] model::Configuration Without(model::Configuration set, std::size_t candidate);
[[nodiscard]] bool Contains(const model::Configuration& set, std::size_t candidate);

class SetMoves {
 public:
  explicit SetMoves(SearchSpace& space) : space_(space) {}

  /// Adds to `set` while an addition gains enough, the one with most gain per byte each time (lazy greedy: gains rarely
  /// grow with the set, so that a gain known before is an upper estimate).
  [[nodiscard]] model::Configuration Fill(model::Configuration set);
  /// The same with upper estimates of what each candidate gains.
  [[nodiscard]] model::Configuration Fill(model::Configuration set, std::vector<double> gain);

  /// Drops the smallest loss per byte until the set fits and every member earns its place; never `keep`.
  [[nodiscard]] model::Configuration Reduce(model::Configuration set, std::optional<std::size_t> keep = {});

  /// What a move must gain: a further index its share of the objective, an exchange less.
  [[nodiscard]] double Threshold(const model::Configuration& from, const model::Configuration& to) const;

  /// The candidates that gain most alone.
  [[nodiscard]] std::vector<std::size_t> Shortlist(std::size_t most) const;

 private:
  class Losses;

  [[nodiscard]] std::size_t BestAddition(const model::Configuration& set, std::vector<double>& gain,
                                         std::vector<bool>& fresh);

  SearchSpace& space_;
};

}  // namespace steward::advise
