// The index advisor: workload and oracle in, suggestions with evidence out. Pure; asks only the oracle.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "advise/index/candidates.hpp"
#include "model/suggestion.hpp"

namespace steward::advise {

/// What the objective weighs a statement's cost by.
enum class Weight {
  kTime,  // its measured execution time: cost matters relative to the statement's own base cost
  kCalls  // its calls: the sum of planner costs is minimised
};

struct IndexOptions {
  std::int64_t budget = 0;   // bytes for new indexes; 0: no limit
  double min_share = 0.005;  // an index must save this share of the objective to be suggested
  Weight weight = Weight::kTime;
  std::int64_t max_planner_calls = 20000;
  bool quick = false;  // choose by estimates made from a few plans of each statement; only the result is planned
  CandidateOptions candidates;
  std::set<std::string> excluded;  // ids of what is not to be suggested
  std::function<void(const std::string&, double)> progress;  // phase, share done; may be empty
};

/// Suggests a set of indexes for the costable statements. Every cost reported is planned for the final set, none
/// derived.
model::IndexAdvice AdviseIndexes(const model::Workload& workload, model::CostOracle& oracle,
                                 const IndexOptions& options);

}  // namespace steward::advise
