// Which of the suggested indexes stay, decided by measurements. Pure: who builds and runs is behind model::Measurer.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "model/measurer.hpp"
#include "model/suggestion.hpp"

namespace steward::advise {

/// No statement may take longer than so many times what it takes without the indexes.
inline constexpr double kMostSlowdown = 1.2;

struct VerifyInput {
  model::Measurer& measurer;
  std::vector<double> calls;                    // of each statement: what its time is weighed with
  std::vector<std::vector<std::size_t>> helps;  // by index: the statements that it is predicted to help
  std::vector<bool> built;                      // by index; what could not be built is not on trial
  std::function<void(const std::string& phase, double share)> progress;
};

struct StatementVerdict {
  std::string error;      // why it was not measured
  bool affected = false;  // an index on trial stood in its plan when all were there
  model::TrialSet used;   // of those kept
  double time_before = 0;
  double time_after = 0;
  double cost_before = 0;
  double cost_after = 0;
  bool before_timed_out = false;
  bool after_timed_out = false;
};

struct Rejection {
  std::size_t index = 0;
  std::size_t statement = 0;  // that it slows down, if `slowdown` > 0
  double slowdown = 0;
  double time_with = 0;  // else: of the statements that use it, calls x milliseconds, with and without it
  double time_without = 0;
};

struct VerifyResult {
  model::TrialSet kept;
  std::vector<Rejection> rejected;
  std::vector<StatementVerdict> statements;
};

/// Takes away indexes one by one, until no statement is slower than kMostSlowdown allows and each index makes the
/// statements that use it measurably faster. An index that is to help a statement which cannot be measured goes only
/// when it slows another down. What is reported is measured anew for the indexes that stay.
VerifyResult VerifyIndexes(const VerifyInput& input);

/// Of two verified advices the one that saves more measured time (calls x milliseconds), with what either rejected but for
/// what it suggests itself: what stood the test in one set may not have in another.
model::IndexAdvice BetterVerified(model::IndexAdvice one, model::IndexAdvice other);

}  // namespace steward::advise
