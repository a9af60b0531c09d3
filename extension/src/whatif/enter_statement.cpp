// See enter_statement.hpp.
#include "whatif/enter_statement.hpp"

#include "whatif/plan_statement.hpp"
#include "whatif/planning_role.hpp"
#include "whatif/role_settings.hpp"

namespace steward::whatif {

namespace {

int DrawCount(const Statement& statement, ValueSource source, int draws) {
  switch (source) {
    case ValueSource::kParameters:
      return Min(Max(statement.nsamples, 1), draws);
    case ValueSource::kShapes:
    case ValueSource::kStatistics:
      return draws;
    case ValueSource::kGeneric:
      return 1;
  }
  return 1;
}

DrawnValues DrawAll(const Statement& statement, int wanted) {
  DrawnValues draws{};
  DrawInput input{};
  input.params = statement.record.params;
  input.nparams = statement.record.nparams;
  input.samples = statement.samples;
  input.sample_lengths = statement.sample_lengths;
  input.nsamples = statement.nsamples;
  draws.count = 1;
  draws.values[0] = DrawValues(input, &draws.source);
  if (draws.source == ValueSource::kGeneric) draws.values[0] = nullptr;
  if (draws.values[0] != nullptr) draws.count = DrawCount(statement, draws.source, wanted);
  for (input.draw = 1; input.draw < draws.count; ++input.draw) {
    ValueSource source = draws.source;
    draws.values[input.draw] = DrawValues(input, &source);
    draws.source = Max(draws.source, source);
  }
  return draws;
}

}  // namespace

Entered BeginStatement(const Statement& statement) {
  const Oid planning_role = PlanningRole(statement.role, statement.record);
  Entered entered{};
  entered.before = pg::BecomeRestricted(planning_role);
  entered.queries = AnalyzeStatement(statement.record);
  if (superuser_arg(statement.role)) RequirePlanningRole(planning_role, entered.queries);
  // Names were resolved in pg_catalog, as the text was deparsed. Functions that planning inlines resolve theirs as the
  // role; as a superuser in pg_catalog alone, for anybody may have put a better match into the schemas of his path.
  ApplyRoleSettings(statement.role);
  if (superuser()) pg::SetForRole("search_path", "pg_catalog, pg_temp");
  return entered;
}

Entered EnterStatement(const Statement& statement, int wanted) {
  Entered entered = BeginStatement(statement);
  entered.draws = DrawAll(statement, wanted);
  return entered;
}

}  // namespace steward::whatif
