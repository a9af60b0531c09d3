// How much the costs of a path's inputs weigh in its own: the planner's cost formulas (costsize.c, pathnode.c) as
// linear functions of the inputs' startup and total cost, everything else held fixed. Owns the formulas; walking the
// tree is plan_template's.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/access_probe.hpp"

extern "C" {
#include "nodes/pathnodes.h"
}

namespace steward::whatif {

/// What a plan asks of one of its paths: the weights of the path's startup and total cost in the plan's total cost, and
/// how many keys of its order are needed.
struct Demand {
  double startup;
  double total;
  int ordered;
};

/// The input of a path with one, and what is asked of it where `demand` is asked of the path.
struct PathInput {
  const Path* path;  // null: the path has no such input
  Demand demand;
};

/// For every path with one input in the same query level; `own` are the costs of the path itself.
PathInput OnlyInput(PlannerInfo* root, const Path* path, const PathCosts& own, const Demand& demand);

/// For every join.
struct JoinInputs {
  Demand outer;
  Demand inner;
};
JoinInputs InputsOfJoin(PlannerInfo* root, const JoinPath* path, const Demand& demand);

/// For input number `position` (from 0) of an AppendPath, of which `total` is the cost.
Demand InputOfAppend(const AppendPath* path, Cost total, int position, const Demand& demand);

/// For the input `input` of a MergeAppendPath.
Demand InputOfMergeAppend(const MergeAppendPath* path, const Path* input, const Demand& demand);

/// For an input of which `fraction` is read, and all its order needed.
Demand PartOfInput(const Path* input, double fraction, const Demand& demand);

/// For an input that is read to its end before the first row comes.
Demand WholeInput(const Demand& demand);

}  // namespace steward::whatif
