// Improves a set by exchanging members: by estimates, or by plans of what estimates hold for best.
#pragma once

#include "advise/index/set_moves.hpp"

namespace steward::advise {

/// Iterated local search (Lourenco et al., 2003) on what is known and estimated: nothing is planned. A move puts a
/// candidate in, takes out what earns least per byte until the set fits and fills it up again; or takes a member out and
/// fills up without it; or puts a candidate in the place of a member with the same first key. The best move is made until
/// none is better; then, `kicks` times, two members at random are kept out and it goes on from there. The same in every run.
/// The objective is that of the search plus the price of the set. Ends after a bounded number of looked-up costs.
[[nodiscard]] model::Configuration Exchange(SearchSpace& space, const model::Configuration& start, int kicks);

/// The same moves from `start`, the most promising of which are planned; the best one is made until none is better.
[[nodiscard]] model::Configuration Polish(SearchSpace& space, const model::Configuration& start);

}  // namespace steward::advise
