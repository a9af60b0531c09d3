// Chooses a set of candidates under a storage budget, knowing only costs, weights and sizes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "advise/index/candidates.hpp"
#include "advise/index/cost_book.hpp"

namespace steward::advise {

struct SelectionInput {
  CostBook& book;
  const std::vector<double>& weights;  // per statement; the objective is sum of weight x cost
  const Candidates& candidates;
  const std::vector<model::CandidateSize>& sizes;            // one with an error is never chosen
  std::int64_t budget = 0;                                   // bytes; 0: no limit
  double min_gain = 0;                                       // an index must lower the objective by more than this
  std::int64_t max_planner_calls = 20000;                    // the search goes on with what it knows from there on
  std::function<void(const std::string&, double)> progress;  // phase and share done, may be empty
};

/// Two starting points, the better one refined: (1) lazy greedy by gain per byte as Extend does (Schlosser et al., ICDE
/// 2019), re-evaluating only candidates whose last known gain could still win; (2) everything that plans use when all
/// candidates are there, reduced by the smallest loss per byte until it fits. Then adds, swaps and drops until none
/// gains more than `min_gain`. Last, a covering index gives way to a plain one, or to none, that serves nearly as well:
/// INCLUDE columns stay only where they save much on some statement. No result holds an index that another one of the
/// result covers. Each phase may plan up to a share of `max_planner_calls`; beyond, costs are those of the cheapest
/// known plan that a set allows.
model::Configuration SelectIndexes(const SelectionInput& input);

}  // namespace steward::advise
