// What a statement would cost with any set of candidates, estimated without planning from plans that were taken apart
// and the access costs of each candidate (INUM; PINUM, Dash et al., SMDB 2010).
#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "model/cost_oracle.hpp"

namespace steward::advise {

/// The estimate is the cheapest of the known plans, each with the best access paths that the set allows. Exact where the
/// planner would choose that plan; too high where it knows a better one; too low by what the planner's heuristics miss,
/// which Correct repairs.
class PlanModel {
 public:
  struct Estimate {
    double total = std::numeric_limits<double>::infinity();  // infinity: no known plan says
    model::Configuration used;
  };

  PlanModel(std::size_t statements, std::size_t candidates) : statements_(statements), present_(candidates) {}

  /// Takes in the access costs and the plan of `cost`, a planning of `statement`. The one with probes comes first.
  void Learn(std::size_t statement, const model::Cost& cost);

  /// Notes that `statement` was planned with `set` and cost `planned`: what the estimate was below that is added to it for
  /// every set that would take the same plan with the same candidates.
  void Correct(std::size_t statement, const model::Configuration& set, double planned);

  /// For a sorted `set` of candidates.
  [[nodiscard]] Estimate For(std::size_t statement, const model::Configuration& set) const;
  [[nodiscard]] double Total(std::size_t statement, const model::Configuration& set) const;

  /// Tables of `statement` that its plans were not taken apart on.
  [[nodiscard]] const std::vector<model::Oid>& Opaque(std::size_t statement) const {
    return statements_[statement].opaque;
  }
  /// Whether any plan of `statement` could be taken apart.
  [[nodiscard]] bool Knows(std::size_t statement) const { return !statements_[statement].plans.empty(); }

  /// The `allowed` candidates that read a relation of `statement` at less cost than what exists: the best of each way of
  /// reading it (relation, outer relations, order) first, then the second best of each, and so on.
  [[nodiscard]] std::vector<std::size_t> Ranked(std::size_t statement, const std::vector<bool>& allowed) const;
  /// How many of these are the best of a way.
  [[nodiscard]] std::size_t Ways(std::size_t statement, const std::vector<bool>& allowed) const;

 private:
  struct Choice {
    double cost;
    model::Configuration candidates;
  };
  // Of parallel scans the planner goes on with the one that is cheapest by itself, however many workers it has.
  struct Rival {
    double cost;
    model::Configuration candidates;
    bool same;  // as many workers as the plan has
  };
  struct Slot {
    std::vector<Choice> choices;  // by cost; nothing after the first that needs no candidate
    std::vector<Rival> rivals;    // likewise; none where the scan is not parallel
  };
  struct Plan {
    double internal;
    std::vector<Slot> slots;
  };
  using Way = std::tuple<int, std::string, std::string, int>;
  using WayCosts = std::map<Way, std::vector<std::pair<double, std::size_t>>>;  // cost and candidate, ascending
  using Taken = std::pair<std::size_t, model::Configuration>;  // plan and candidates
  struct Statement {
    std::vector<model::AccessPath> accesses;
    std::vector<model::PlanTemplate> templates;  // as they came, to tell repeats
    std::vector<Plan> plans;
    std::vector<model::Oid> opaque;
    std::map<Taken, double> corrections;
  };
  struct Best {
    double total = std::numeric_limits<double>::infinity();
    std::size_t plan = 0;
  };

  [[nodiscard]] WayCosts CostsByWay(std::size_t statement, const std::vector<bool>& allowed) const;
  [[nodiscard]] Slot MakeSlot(const Statement& statement, const model::PlanSlot& slot) const;
  [[nodiscard]] bool Present(const model::Configuration& candidates) const;
  [[nodiscard]] const Choice* Choose(const Slot& slot) const;
  [[nodiscard]] double Cost(const Plan& plan) const;
  [[nodiscard]] model::Configuration Used(const Plan& plan) const;
  [[nodiscard]] Best Cheapest(const Statement& statement) const;

  class Presence;
  std::vector<Statement> statements_;
  mutable std::vector<bool> present_;  // the set in question, while it is
};

}  // namespace steward::advise
