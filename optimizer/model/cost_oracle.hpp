// The seam between selecting indexes and whoever knows what a statement would cost with them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/workload.hpp"

namespace steward::model {

/// Where the values came from that a statement was planned with, best first.
enum class CostMethod { kParameters, kShapes, kStatistics, kGeneric };

/// Positions in the list of candidates given to Prepare; sorted, without repeats.
using Configuration = std::vector<std::size_t>;

struct CostRequest {
  std::size_t statement = 0;  // position in the list of statements given to Prepare
  Configuration candidates;
};

struct Cost {
  double total = 0;    // planner units of one call
  Configuration used;  // candidates in the plan, a subset of the request's
  std::vector<Oid> existing_used;
  CostMethod method = CostMethod::kGeneric;
  std::string error;  // not empty: the statement could not be planned and `total` means nothing
};

/// What building a candidate would take.
struct CandidateSize {
  std::int64_t bytes = 0;
  std::string error;  // not empty: the server refuses this candidate (no such column or operator class, ...)
};

/// Costs of a fixed list of statements under subsets of a fixed list of candidates.
class CostModel {
 public:
  virtual ~CostModel() = default;
  /// One entry per candidate.
  [[nodiscard]] virtual const std::vector<CandidateSize>& Sizes() const = 0;
  /// One answer per request, in order. A batch is one round trip where there is a server behind.
  virtual std::vector<Cost> CostAll(const std::vector<CostRequest>& requests) = 0;
  /// Plans made so far.
  [[nodiscard]] virtual std::int64_t PlannerCalls() const = 0;
};

class CostOracle {
 public:
  virtual ~CostOracle() = default;
  virtual std::unique_ptr<CostModel> Prepare(const std::vector<const Statement*>& statements,
                                             const std::vector<IndexDefinition>& candidates) = 0;
};

}  // namespace steward::model
