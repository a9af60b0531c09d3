// The planner hook: while one of our own plannings runs, it sees the candidates of that configuration and does not see
// the hidden indexes. Owns the hook, which is there only meanwhile, and the configuration; a planning that ours sets off by
// evaluating a function is left alone.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/candidate.hpp"

extern "C" {
#include "nodes/params.h"
}

namespace steward::whatif {

/// Which candidates exist in a planning, by position in `candidates`, and which real indexes do not. Plain data; what
/// it points to belongs to the caller.
struct Configuration {
  const Candidate* candidates;
  const int* chosen;
  int nchosen;
  const Oid* hidden;
  int nhidden;
};

/// Puts a configuration in force for the planning whose parameter list is `token` (not null; a list of no parameters
/// binds nothing). Returns what was in force before, to be given to EndConfiguration also after an error.
struct ActiveConfiguration {
  const Configuration* configuration;
  ParamListInfo token;
};
[[nodiscard]] ActiveConfiguration BeginConfiguration(const Configuration* configuration, ParamListInfo token);
void EndConfiguration(const ActiveConfiguration& before);

}  // namespace steward::whatif
