// What measuring a statement three ways gave, before it is judged.
#pragma once

#include <string>
#include <vector>

namespace steward::model {

enum class PreparedWay { kSimple, kCustom, kGeneric };
inline constexpr int kPreparedWays = 3;

/// Milliseconds that the server took to answer, by round, way and value.
struct PreparedRuns {
  struct Round {
    std::vector<double> times[kPreparedWays];  // each as many as there are values
  };
  int values = 0;
  std::vector<std::string> kinds;  // of the values, as of PlanChoiceValue; empty: not known
  std::vector<Round> rounds;
  std::string error;  // why it was not run
};

}  // namespace steward::model
