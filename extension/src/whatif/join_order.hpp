// The joins of a plan as its tables' aliases tell them, and holding a planning to them: which sides, and which kind of
// join. Owns the hook's work on the paths of a join; that it is called, and for which planning, is plan_pin's business.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/pathnodes.h"
#include "nodes/pg_list.h"
#include "nodes/plannodes.h"
#include "optimizer/paths.h"
}

namespace steward::whatif {

/// Plain data, in memory of the planning that it is for.
struct JoinOrder {
  List* aliases;  // of char*: their places are the numbers in the sets below
  List* forms;    // what is allowed
  List* kept;     // paths of this planning that must not be driven out by others
  bool busy;      // making paths anew
};

/// The joins of `plan`.
[[nodiscard]] JoinOrder* JoinsOf(const PlannedStmt* plan);

/// A call of set_join_pathlist_hook.
struct JoinCall {
  PlannerInfo* root;
  RelOptInfo* join;
  RelOptInfo* outer;
  RelOptInfo* inner;
  JoinType type;
  JoinPathExtraData* extra;
};

/// Makes the paths that the order allows of this join, by no other kind than it allows, and others a last resort.
void HoldToOrder(JoinOrder* order, const JoinCall& call);

}  // namespace steward::whatif
