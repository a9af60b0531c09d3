// The JSON form of a workload of prepared statements. Declared in prepared_workload.hpp.
#include "collect/json_fields.hpp"
#include "collect/prepared_workload.hpp"

namespace steward::collect {

template <typename V>
void Visit(V& v, model::PlanChoiceValue& c) {
  v("kind", c.kind), v("method", c.method), v("custom_cost", c.custom_cost), v.AtLeast0("planning_charge", c.planning_charge), v("generic_cost_here", c.generic_cost_here);
  v("same_plan", c.same_plan), v("frequency", c.frequency);
}

template <typename V>
void Visit(V& v, model::PlanChoice& c) {
  v("generic_cost", c.generic_cost), v("parse_time", c.parse_time), v("plan_time", c.plan_time), v("prunes", c.prunes);
  v("values", c.values), v("sqlstate", c.sqlstate), v("error", c.error);
}

template <typename V>
void Visit(V& v, model::PreparedStatement& s) {
  v("userid", s.userid), v("dbid", s.dbid), v.Id("queryid", s.queryid), v("role", s.role), v("query", s.query);
  v("plannable", s.plannable), v("parameter_types", s.parameter_types), v.AtLeast0("literals", s.literals);
  v.AtLeast0("compared", s.compared), v.AtLeast0("untried", s.untried);
  v("not_plannable", s.not_plannable), v.AtLeast0("calls", s.calls), v.AtLeast0("simple_calls", s.simple_calls);
  v.AtLeast0("extended_calls", s.extended_calls), v.AtLeast0("generic_plan_calls", s.generic_plan_calls);
  v.AtLeast0("custom_plan_calls", s.custom_plan_calls), v.AtLeast0("plans", s.plans);
  v.AtLeast0("total_plan_time", s.total_plan_time), v.AtLeast0("total_exec_time", s.total_exec_time);
  v.AtLeast0("seconds", s.seconds), v("plan_cache_mode", s.plan_cache_mode), v("choice", s.choice);
}

template <typename V>
void Visit(V& v, model::SavingScale& s) {
  v.AtLeast0("base", s.base), v.AtLeast0("factor", s.factor);
}

template <typename V>
void Visit(V& v, model::PreparedWorkload& w) {
  v("server", w.server), v("plan_cache_mode", w.plan_cache_mode), v("parse_scale", w.parse_scale), v("plan_scale", w.plan_scale);
  v("statements", w.statements);
}

namespace {

constexpr int kVersion = 1;
constexpr const char* kKind = "pg_steward prepared workload";

}  // namespace

std::string PreparedWorkloadToJson(const model::PreparedWorkload& workload) {
  return WriteDocument(kKind, kVersion, workload);
}

model::PreparedWorkload PreparedWorkloadFromJson(const std::string& text) {
  return ReadDocument<model::PreparedWorkload>(text, kKind, kVersion, "pgsteward snapshot prepared");
}

}  // namespace steward::collect
