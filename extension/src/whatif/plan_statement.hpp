// Planning a captured statement again: text and parameter types to query trees, query trees to costs. Owns the calls
// into parser and planner; whose rights and settings are in force is the caller's business.
#pragma once

#include "pg/postgres.hpp"
#include "store/plannable_record.hpp"
#include "whatif/inject.hpp"
#include "whatif/plan_indexes.hpp"
#include "whatif/plan_template.hpp"

extern "C" {
#include "nodes/pg_list.h"
#include "nodes/params.h"
}

namespace steward::whatif {

/// Parses, analyses and rewrites a plannable text in the current search_path. Takes the locks that running it would
/// take. Neither gives it a query id nor shows it to the hooks that count statements. Raises when a name means another
/// relation than at capture, and for a superuser before code that is not a superuser's could run.
List* AnalyzeStatement(const store::PlannableRecord& record);

/// What the server does with a client's text before it plans it, for a text that has passed AnalyzeStatement: to be timed. It gives
/// the query its id. For a superuser code is checked again.
void AnalyzeAgain(const store::PlannableRecord& record);

struct PlanCost {
  double total;           // planner units; the sum where rules made several queries
  PlanUse use;            // of indexes, candidates' among them
  const char* plan_json;  // null unless asked for
};

/// What is to be learned of plannings besides their cost.
struct Inquiry {
  Probe probe;
  PlanDetails* details;  // null: nothing
  double share;          // of one planning in them
  bool explain;          // whether the plan is to be shown
};

/// Plans copies of `queries` once under `configuration` with these values; nullptr plans for unknown values. Memory
/// comes from the current context.
PlanCost CostOf(const List* queries, ParamListInfo values, const Configuration& configuration, const Inquiry& inquiry);

}  // namespace steward::whatif
