// What advice on prepared statements starts from, as plain data: captured statements with how they arrive, and what their
// generic plan costs against plans made for values. Times are milliseconds, costs planner units. No values are kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/workload.hpp"

namespace steward::model {

/// One set of parameter values that a statement was planned with (steward.plan_choice).
struct PlanChoiceValue {
  std::string kind;    // common, rare, wide, narrow, sample, drawn or none
  std::string method;  // where the values are from: parameters, shapes, statistics, generic
  std::optional<double> custom_cost;
  double planning_charge = 0;  // that the plan cache adds to it
  std::optional<double> generic_cost_here;  // of the generic plan with these values; none: the planner cannot be brought to it
  bool same_plan = false;                   // the custom plan is the generic plan
  std::optional<double> frequency;          // share of the rows with the value, or in the range
};

struct PlanChoice {
  std::optional<double> generic_cost;  // as the plan cache has it, all partitions included
  std::optional<double> parse_time;    // parsing, analysis and rewriting
  std::optional<double> plan_time;     // mean over the values
  bool prunes = false;  // the generic plan prunes partitions when it runs
  std::vector<PlanChoiceValue> values;
  std::string sqlstate;
  std::string error;  // why there is no answer
};

/// A statement of one role, at top level; what runs inside functions is prepared by those.
struct PreparedStatement {
  Oid userid = 0;
  Oid dbid = 0;
  std::int64_t queryid = 0;
  std::string role;
  std::string query;      // normalised, for people; empty: not visible
  std::string plannable;  // what PREPARE takes; empty: there is none
  std::vector<std::string> parameter_types;  // of `plannable`, as PREPARE takes them
  int literals = 0;       // of these parameters, those that stand in the client's text as constants
  int compared = 0;       // parameters, both ends of a range counted once, of whose columns extreme values can be tried
  int untried = 0;        // other parameters: of expressions, lists and patterns, or compared with nothing
  std::string not_plannable;
  std::int64_t calls = 0;
  std::int64_t simple_calls = 0;
  std::int64_t extended_calls = 0;
  std::int64_t generic_plan_calls = 0;
  std::int64_t custom_plan_calls = 0;
  std::int64_t plans = 0;
  double total_plan_time = 0;
  double total_exec_time = 0;
  double seconds = 0;  // since it has been counted
  std::string plan_cache_mode = "auto";  // of new sessions of this role in this database
  std::optional<PlanChoice> choice;

  [[nodiscard]] double MeanExecTime() const { return calls > 0 ? total_exec_time / static_cast<double>(calls) : 0; }
  [[nodiscard]] std::optional<double> MeanPlanTime() const {
    return plans > 0 ? std::optional(total_plan_time / static_cast<double>(plans)) : std::nullopt;
  }
};

/// What a client saves by parsing or planning once, from how long that takes in the server (PlanChoice): the rest of the call finds other
/// caches, and a prepared statement has work of its own. As it stands where that was not measured.
struct SavingScale {
  double base = 0;    // ms
  double factor = 1;

  [[nodiscard]] double Of(double time) const { return base + factor * time; }
};

struct PreparedWorkload {
  ServerInfo server;
  std::string plan_cache_mode = "auto";  // of the server: roles and databases may have their own
  SavingScale parse_scale;
  SavingScale plan_scale;
  std::vector<PreparedStatement> statements;
};

}  // namespace steward::model
