// A plan as a template: what it costs by itself, and by which weights the costs of reading its relations enter (INUM;
// see access_probe.hpp for the sources). Owns taking a plan apart and the form in which templates and access costs are
// given to the client; the formulas are path_inputs'.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/planning_watch.hpp"

extern "C" {
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
}

namespace steward::whatif {

/// What the plannings of one request have shown so far. Where values are drawn several times the relations of each
/// planning have numbers of their own, and the template is the mean.
struct PlanDetails {
  MemoryContext memory;  // outlives the plannings
  int plannings;
  bool decomposed;      // each of them
  double internal;      // planner units
  StringInfo slots;     // null: no template is wanted
  StringInfo accesses;  // null: nothing is probed
  List* opaque;         // OIDs of tables that are read where the template does not see it
};

/// In the current memory context.
PlanDetails* MakePlanDetails(bool templates, bool probed);

/// Adds a planning that is over, of which the plan costs `total_cost`; it has the weight `share` in the request. Uses
/// memory of the planning, which must still be there.
void AddPlanning(PlanDetails* details, const PlanningWatch& watch, double total_cost, double share);

/// Null where there is none: not wanted, or a plan that cannot be taken apart.
const char* TemplateJson(const PlanDetails* details);
const char* AccessesJson(const PlanDetails* details);

}  // namespace steward::whatif
