// What the plan cache chooses between, for one statement: its generic plan against plans made for values, with what
// each costs and how long the steps take that prepared statements save. Owns the plannings and their timing; which
// values is choice_values', the SQL functions are plan_choice's.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/choice_values.hpp"

namespace steward::whatif {

/// Of one set of values. Costs in planner units, times in milliseconds; NaN: not known.
struct PlanChoice {
  ChoiceKind kind;
  ValueSource source;
  double frequency;
  double plan_time;
  double planning_charge;  // that the plan cache adds to custom_cost when it compares
  double custom_cost;
  double generic_cost_here;
  bool same_plan;
};

struct StatementChoice {
  PlanChoice choice[kMaxChoices];
  int count;
  double parse_time;
  double generic_cost;
  bool prunes;
};

/// Compares the plans of the statement for up to `wanted` sets of values. In a subtransaction, as enter_statement.hpp
/// says; after an error call EndPinning. Takes a second, and after it one planning more for each set of values.
void ChoosePlans(const Statement& statement, int wanted, StatementChoice* out);

constexpr int kPlanningProbes = 3;

/// A statement of the catalogs with a parameter of type oid, that a client can time as well. Times in milliseconds, as of ChoosePlans.
struct PlanningProbe {
  const char* text;
  Oid value;
  double parse_time;
  double plan_time;
};

/// Of numbers below kPlanningProbes, the least first.
[[nodiscard]] PlanningProbe TimeProbe(int number);

}  // namespace steward::whatif
