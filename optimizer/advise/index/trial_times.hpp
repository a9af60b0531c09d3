// How long statements take with subsets of the indexes on trial. Owns what has been measured, and how: in rounds that
// alternate between the plans of one statement, the least time of each, as a share of what the statement takes without
// any of the indexes in the same rounds. What the machine does otherwise meanwhile falls on all alike.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/measurer.hpp"

namespace steward::advise {

class TrialTimes {
 public:
  /// `all` is every index on trial. Plans each statement with all of them and none.
  TrialTimes(model::Measurer& measurer, std::size_t statements, model::TrialSet all);

  /// Why the statement is not measured; empty when it is.
  [[nodiscard]] const std::string& Error(std::size_t statement) const { return states_[statement].error; }
  /// The trial indexes in the statement's plan when `kept` are there.
  const model::TrialSet& Used(std::size_t statement, const model::TrialSet& kept);
  /// Planner units when `kept` are there.
  double Cost(std::size_t statement, const model::TrialSet& kept);

  /// Measures what is not known yet of these pairs. `progress` gets the share that is done.
  using Wanted = std::vector<std::pair<std::size_t, model::TrialSet>>;
  void Measure(const Wanted& wanted, const std::function<void(double)>& progress);
  /// Measures the statements without any index and with `kept` once more, and forgets what was known of the latter.
  void MeasureAgain(const Wanted& wanted, const std::function<void(double)>& progress);
  /// Measures one pair once more; what is less, that or what was known, stays: a slowdown is real when it shows twice.
  void Confirm(std::size_t statement, const model::TrialSet& kept);

  /// Milliseconds of a call when `kept` are there; Measure it before.
  double Time(std::size_t statement, const model::TrialSet& kept);
  [[nodiscard]] bool TimedOut(std::size_t statement, const model::TrialSet& kept);

 private:
  struct Known {
    double time = 0;  // milliseconds
    bool timed_out = false;
  };
  struct State {
    std::string error;
    std::map<model::TrialSet, model::Measurement> plans;  // by what is kept
    std::map<model::TrialSet, Known> times;               // by what is used
  };

  const model::Measurement& PlanOf(std::size_t statement, const model::TrialSet& kept);
  void MeasureStatement(std::size_t statement, const std::vector<model::TrialSet>& plans);

  model::Measurer& measurer_;
  model::TrialSet all_;
  std::vector<State> states_;
};

}  // namespace steward::advise
