// The seam between who decides by measurements and who makes them: indexes that are there on trial, and statements that
// are run with some of them out of the planner's sight.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace steward::model {

/// Positions of trial indexes, ascending.
using TrialSet = std::vector<std::size_t>;

struct Measurement {
  double exec_time = 0;    // milliseconds of one call; of a planning 0
  double total_cost = 0;   // planner units
  bool timed_out = false;  // exec_time is the limit at which the run was ended
  TrialSet used = {};      // the trial indexes in the plan
  std::string error = {};  // why the statement is not measured; the rest then says nothing
};

/// Statements and trial indexes go by their positions in lists that both sides know.
class Measurer {
 public:
  virtual ~Measurer() = default;

  /// Plans the statement as if only the indexes of `kept` were there on trial.
  virtual Measurement Plan(std::size_t statement, const TrialSet& kept) = 0;
  /// Plans it so and runs it once, or several times where it is short: the least time counts.
  virtual Measurement Run(std::size_t statement, const TrialSet& kept) = 0;
};

}  // namespace steward::model
