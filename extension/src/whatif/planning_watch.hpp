// Looks over the planner's shoulder during one of our own plannings: which relations it reads, what the paths to them
// cost, also through candidates that it knows nothing of, and which path it takes in the end. Owns the two hooks that
// show this, which are there only meanwhile; what is made of it is plan_template's.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/access_probe.hpp"

extern "C" {
#include "nodes/params.h"
#include "nodes/pathnodes.h"
}

namespace steward::whatif {

/// A table in a planning, in memory of that planning.
struct WatchedRelation {
  PlannerInfo* root;
  RelOptInfo* rel;
  Oid relid;
  List* accesses;   // of Access; NIL unless probed
  List* originals;  // of PathCosts
};

/// Of one planning. Plain data; lives as long as the planning's memory.
struct PlanningWatch {
  Probe probe;
  List* relations;        // of WatchedRelation
  List* results;          // of PathCosts: of whole query levels, before their initplans are charged to them
  PlannerInfo* root;      // of the whole statement; null until it is planned
  RelOptInfo* final_rel;  // its result
};

/// Watches the planning whose parameter list is `token`; null watches none and gives the hooks back.
void Watch(PlanningWatch* watch, ParamListInfo token);

}  // namespace steward::whatif
