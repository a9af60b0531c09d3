// The planner hooks: while one of our own plannings runs, it sees the candidates of that configuration, with what is known of
// their expressions, and does not see the hidden indexes. Owns the hooks, which are there only meanwhile, and the
// configuration; a planning that ours sets off by evaluating a function is left alone. Looking at what the planner does meanwhile is planning_watch's.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/candidate.hpp"

extern "C" {
#include "nodes/params.h"
#include "nodes/pathnodes.h"
}

namespace steward::whatif {

struct PlanningWatch;

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
/// binds nothing), and has `watch` (null: nobody) look at that planning. Returns what was in force before, to be given
/// to EndConfiguration also after an error.
struct ActiveConfiguration {
  const Configuration* configuration;
  ParamListInfo token;
  PlanningWatch* watch;
};
[[nodiscard]] ActiveConfiguration BeginConfiguration(const ActiveConfiguration& next);
void EndConfiguration(const ActiveConfiguration& before);

/// What the planner would know of this part of a candidate, as an index of `rel`; in the current memory context.
IndexOptInfo* MakeIndexInfo(const HypotheticalIndex& part, RelOptInfo* rel);

/// Ends that the planning knows of the expressions of probed candidates, when they have been probed: what it plans above the
/// relation is the same with and without them.
void DropCarriers(RelOptInfo* rel);

}  // namespace steward::whatif
