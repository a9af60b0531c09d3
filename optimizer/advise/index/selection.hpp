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
  const std::vector<double>& weights;  // per statement; the objective is the sum of weight x cost, and upkeep
  const Candidates& candidates;
  const std::vector<model::CandidateSize>& sizes;            // one with an error is never chosen
  std::vector<bool> updated;                                 // per candidate: whether its table sees updates
  std::vector<double> upkeep;                                // per candidate: what it adds to the objective by itself
  std::int64_t budget = 0;                                   // bytes; 0: no limit
  double min_gain = 0;                                       // an index must lower the objective by more than this
  std::int64_t max_planner_calls = 20000;                    // the search goes on with what it knows from there on
  bool quick = false;                                        // few plans: no exchange is planned
  std::function<void(const std::string&, double)> progress = {};  // phase and share done, may be empty
};

/// On estimates (PlanModel) where they can be made: (1) lazy greedy by gain per byte as Extend does (Schlosser et al., ICDE
/// 2019), re-evaluating only candidates whose last known gain could still win; (2) everything that plans use when all
/// candidates are there, reduced by the smallest loss per byte until it fits; the better of both exchanges members
/// (Exchange). What is chosen is planned, the estimates learn from it, and the choice is made anew until they hold. Then,
/// unless `quick`, the best exchanges are planned before they are made (Polish). Where nothing can be taken apart, the same
/// starting points are planned, and adds and swaps from there.
///
/// A covering index is chosen only where its INCLUDE columns save much on some statement beside the plain form. No result
/// holds an index that another one of the result covers. Each phase may plan up to a share of `max_planner_calls`; beyond,
/// costs are those of the cheapest known plan that a set allows.
model::Configuration SelectIndexes(const SelectionInput& input);

}  // namespace steward::advise
