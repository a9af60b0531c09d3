// The seam between selecting indexes and whoever knows what a statement would cost with them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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
  Configuration probes = {}; // candidates whose access costs are wanted; the planning itself does not see them
  bool templates = false;    // whether the plan is wanted taken apart
  bool one_drawing = false;  // values that only resemble the real ones are drawn once: quicker, and rougher
  bool explain = false;      // whether EXPLAIN's words on the plan are wanted
};

/// A way to read one relation of a statement. Costs are the planner's for reading it once.
struct AccessPath {
  int relation = 0;      // a number within the statement, the same in all its plans
  std::string outer;     // the relations whose values it is given (inner side of a nested loop); empty: none
  std::string order;     // the order it delivers, a word per key
  int workers = 0;    // planned to share it; 0: not parallel
  double startup_cost = 0;
  double total_cost = 0;
  Configuration candidates;  // what it reads; empty: what exists
};

/// The place of an access path in a plan. Any other of the same relation, `outer` and `workers` whose order begins with
/// this one's may stand there instead.
struct PlanSlot {
  AccessPath access;
  double startup_weight = 0;
  double total_weight = 0;
};

/// A plan taken apart (INUM, Papadomanolakis et al., VLDB 2007): its cost is `internal` plus the weighted costs of its
/// access paths, whichever stand there.
struct PlanTemplate {
  double internal = 0;
  std::vector<PlanSlot> slots;
  std::vector<Oid> opaque;  // tables that are also read where the plan was not taken apart, in sub-plans and the like
};

struct Cost {
  double total = 0;    // planner units of one call
  Configuration used;  // candidates in the plan, a subset of the request's
  std::vector<Oid> existing_used;
  CostMethod method = CostMethod::kGeneric;
  int workers = 0;       // planned for its most parallel part; 0: all in one process
  bool redrawn = false;  // more drawings of values than were made would give another cost
  std::string error;     // not empty: the statement could not be planned and `total` means nothing
  std::optional<PlanTemplate> plan;
  std::string explained;             // JSON as of EXPLAIN, without values; the candidate at position i is "candidate i"
  std::vector<AccessPath> accesses;  // of the probes, and of what exists; those that could be of use
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
