// Numbers for the base relations of a statement that are the same in every planning of it, whatever indexes there are.
// Owns which query levels have numbers: those whose cost enters the statement's as it is. These are the top, subqueries
// in FROM, and initplans (CTEs, sublinks that do not depend on a row), and not subplans, which are run for each row.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/pathnodes.h"
#include "nodes/pg_list.h"
#include "nodes/primnodes.h"
}

namespace steward::whatif {

/// The query levels that have numbers. Made when the planning is over.
struct RelationNumbers {
  List* roots;  // of PlannerInfo; the position is the level's number
  int base;     // number of planning, in steps of kPlanningStep
};

inline constexpr int kLevelStep = 10000;
inline constexpr int kPlanningStep = 100 * kLevelStep;

/// For the planning `planning` (from 0, below 1000) of the statement whose top level is `root`.
RelationNumbers NumberRelations(PlannerInfo* root, int planning);

/// The query level that an initplan is; null where it belongs to a min() or max(), whose path has its cost already.
PlannerInfo* LevelOfInitPlan(const PlannerInfo* root, const SubPlan* plan);

/// Number of the base relation `relid` of `root`; -1 where it has none.
[[nodiscard]] int RelationNumber(const RelationNumbers& numbers, const PlannerInfo* root, Index relid);

/// Numbers of the relations in `relids`, ascending with a space between; members of a partitioned table as the table.
const char* RelationSet(const RelationNumbers& numbers, const PlannerInfo* root, Relids relids);

}  // namespace steward::whatif
