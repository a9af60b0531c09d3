// Statements for the tests of advice on prepared statements.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/prepared_workload.hpp"

namespace steward::test {

inline model::PlanChoiceValue ValueOf(const std::string& kind, double custom, std::optional<double> generic, std::optional<double> frequency = {}) {
  model::PlanChoiceValue value;
  value.kind = kind;
  value.method = "shapes";
  value.custom_cost = custom;
  value.generic_cost_here = generic;
  value.same_plan = generic && *generic == custom;
  value.frequency = frequency;
  return value;
}

inline model::PlanChoice ChoiceOf(double generic_cost, std::vector<model::PlanChoiceValue> values) {
  model::PlanChoice choice;
  choice.generic_cost = generic_cost;
  choice.parse_time = 0.04;
  choice.plan_time = 0.07;
  choice.values = std::move(values);
  for (model::PlanChoiceValue& value : choice.values) value.planning_charge = 5;
  return choice;
}

/// SELECT by key, sent with its parameter apart and parsed each time.
inline model::PreparedStatement Extended(std::int64_t queryid = 11) {
  model::PreparedStatement statement;
  statement.userid = 10;
  statement.dbid = 5;
  statement.queryid = queryid;
  statement.role = "app";
  statement.query = "SELECT total FROM orders WHERE id = $1";
  statement.plannable = "SELECT total FROM public.orders WHERE (id = $1)";
  statement.parameter_types = {"integer"};
  statement.compared = 1;
  statement.calls = 10000;
  statement.extended_calls = 10000;
  statement.custom_plan_calls = 10000;
  statement.plans = 10000;
  statement.total_plan_time = 700;
  statement.total_exec_time = 200;
  statement.seconds = 7200;
  statement.choice = ChoiceOf(8.3, {ValueOf("common", 8.3, 8.3, 0.001), ValueOf("rare", 8.3, 8.3), ValueOf("drawn", 8.3, 8.3)});
  return statement;
}

/// The same with the key in its text.
inline model::PreparedStatement Simple(std::int64_t queryid = 12) {
  model::PreparedStatement statement = Extended(queryid);
  statement.simple_calls = statement.calls;
  statement.extended_calls = 0;
  statement.custom_plan_calls = 0;
  statement.literals = 1;
  return statement;
}

/// A column one value of which most rows have: the generic plan scans an index for it.
inline model::PreparedStatement Skewed(std::int64_t queryid = 13) {
  model::PreparedStatement statement = Extended(queryid);
  statement.query = "SELECT sum(total) FROM orders WHERE status = $1";
  statement.plannable = "SELECT sum(total) AS sum FROM public.orders WHERE (status = $1)";
  statement.parameter_types = {"text"};
  statement.choice = ChoiceOf(900, {ValueOf("common", 1800, 180000, 0.9), ValueOf("rare", 12, 12, 0.00001), ValueOf("drawn", 1700, 170000)});
  return statement;
}

inline model::PreparedWorkload PreparedWorkloadOf(std::vector<model::PreparedStatement> statements) {
  model::PreparedWorkload workload;
  workload.server.database = "shop";
  workload.server.port = "5432";
  workload.server.version = "15.20";
  workload.server.version_num = 150020;
  workload.server.collected_at = 1764190800;
  workload.server.window_start = 1764183600;
  workload.server.window_end = 1764190800;
  workload.statements = std::move(statements);
  return workload;
}

}  // namespace steward::test
