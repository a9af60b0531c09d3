// See choose_plan.hpp.
#include "whatif/choose_plan.hpp"

#include <cmath>
#include <initializer_list>
#include <limits>

#include "core/value_choice.hpp"
#include "pg/clock.hpp"
#include "pg/compat.hpp"
#include "whatif/plan_pin.hpp"
#include "whatif/plan_shape.hpp"
#include "whatif/plan_statement.hpp"

extern "C" {
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "nodes/params.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"
}

namespace steward::whatif {

namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr int kLeastRuns = 5;
constexpr int kMostRuns = 9;
constexpr double kEnough = 2;          // milliseconds spent on one measurement, once it has run kLeastRuns times
constexpr long kWait = 50;             // microseconds before each run, as for a client: caches are colder then than in a loop
constexpr double kAllMeasured = 1000;  // of one statement: then each is run only once

// By unique keys, so that all plans are the same, and in names that no search path changes.
constexpr const char* kProbes[kPlanningProbes] = {
    "SELECT $1::pg_catalog.oid AS value",
    "SELECT c.relname FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid",
    "SELECT c.relname, n.nspname, t.typname FROM pg_catalog.pg_class AS c"
    " JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
    " JOIN pg_catalog.pg_type AS t ON t.oid OPERATOR(pg_catalog.=) c.reltype WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid"};
constexpr Oid kProbeValue = RelationRelationId;

struct Work {
  const Statement* statement;
  const List* queries;   // without utility statements
  MemoryContext memory;  // of one planning
  List* generic;         // of PlannedStmt, one for each query
  uint64 start;
};

double MillisecondsSince(uint64 then) {
  return static_cast<double>(pg::NowNs() - then) / 1e6;
}

bool IsLate(const Work& work) {
  return MillisecondsSince(work.start) > kAllMeasured;
}

ParamListInfo NoValues() {
  return static_cast<ParamListInfo>(palloc0(offsetof(ParamListInfoData, params)));
}

List* CopyAll(const List* queries) {
  return static_cast<List*>(copyObjectImpl(queries));
}

// Uses up `copies`.
List* PlanAll(const List* copies, ParamListInfo values) {
  List* plans = NIL;
  const ListCell* cell = nullptr;
  foreach (cell, copies) plans = lappend(plans, planner(lfirst_node(Query, cell), "", CURSOR_OPT_PARALLEL_OK, values));
  return plans;
}

double CostOfAll(const List* plans) {
  double cost = 0;
  const ListCell* cell = nullptr;
  foreach (cell, plans) cost += lfirst_node(PlannedStmt, cell)->planTree->total_cost;
  if (!std::isfinite(cost))
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("the cost of the plan is out of range"),
                    errhint("Check the cost settings of the role that ran the statement.")));
  return cost;
}

// As cached_plan_cost() in the server's plancache.c.
double ChargeForPlanning(const List* plans) {
  double charge = 0;
  const ListCell* cell = nullptr;
  foreach (cell, plans)
    charge += 1000.0 * cpu_operator_cost * (list_length(lfirst_node(PlannedStmt, cell)->rtable) + 1);
  return charge;
}

// Milliseconds: medians of several runs.
struct Times {
  double run;
  double release;  // of the memory that it took
};

// Runs `run` on what `prepare` returns, each time anew.
template <typename Prepare, typename Run>
Times TimeOf(const Work& work, const Prepare& prepare, const Run& run) {
  double runs[kMostRuns];
  double releases[kMostRuns];
  int count = 0;
  double spent = 0;
  MemoryContext caller = MemoryContextSwitchTo(work.memory);
  do {
    CHECK_FOR_INTERRUPTS();
    const auto prepared = prepare();
    pg_usleep(kWait);
    const uint64 start = pg::NowNs();
    run(prepared);
    runs[count] = MillisecondsSince(start);
    const uint64 done = pg::NowNs();
    MemoryContextReset(work.memory);
    releases[count] = MillisecondsSince(done);
    spent += runs[count++];
  } while (count < kMostRuns && (count < kLeastRuns || spent < kEnough) && !IsLate(work));
  MemoryContextSwitchTo(caller);
  return {core::Median(runs, count), core::Median(releases, count)};
}

Times TimeOfPlanning(const Work& work, ParamListInfo values) {
  return TimeOf(work, [&] { return CopyAll(work.queries); }, [&](const List* copies) { PlanAll(copies, values); });
}

// The values as the planner may look at them without putting them into the plan: what it makes with them could be made
// without, as the generic plan is.
ParamListInfo Open(ParamListInfo values) {
  if (values->numParams == 0) return NoValues();  // of which copyParamList makes a null pointer
  ParamListInfo open = copyParamList(values);
  for (int i = 0; i < open->numParams; ++i)
    open->params[i].pflags = static_cast<uint16>(open->params[i].pflags & ~PARAM_FLAG_CONST);
  return open;
}

// The generic plan's cost with values for which planning makes another plan; NaN where the planner cannot be brought to
// it. Held to its joins as well only where that is needed.
double PinnedCost(const Query* query, const PlannedStmt* generic, const List* ruled_out, ParamListInfo values) {
  const uint64 wanted = ShapeOf(generic, ruled_out);
  for (const bool with_joins : {false, true}) {
    const PlanPin pin{ScansOf(generic), ruled_out, KindsIn(generic), with_joins ? JoinsOf(generic) : nullptr};
    if (with_joins && pin.joins->forms == NIL) break;
    const PlannedStmt* pinned = PlanPinned(query, Open(values), pin);
    if (ShapeOf(pinned, NIL) == wanted && !pg::IsDiscouraged(pinned->planTree)) return pinned->planTree->total_cost;
  }
  return kUnknown;
}

// Fills same_plan and generic_cost_here from the plans made for `values`.
void Compare(const Work& work, const List* custom, ParamListInfo values, PlanChoice* choice) {
  choice->same_plan = true;
  choice->generic_cost_here = 0;
  for (int i = 0; i < list_length(custom); ++i) {
    const auto* plan = list_nth_node(PlannedStmt, custom, i);
    const auto* generic = list_nth_node(PlannedStmt, work.generic, i);
    List* ruled_out = NIL;
    const bool known = !PrunesAtStart(generic) || RuledOut(generic, plan, &ruled_out);
    if (known && ShapeOf(plan, NIL) == ShapeOf(generic, ruled_out)) {
      choice->generic_cost_here += plan->planTree->total_cost;
      continue;
    }
    choice->same_plan = false;
    choice->generic_cost_here += known && !IsLate(work)
                                     ? PinnedCost(list_nth_node(Query, work.queries, i), generic, ruled_out, values)
                                     : kUnknown;
  }
}

// No table is read: whatever the values are, there is one way to do it.
bool ReadsNothing(const List* plans) {
  const ListCell* cell = nullptr;
  foreach (cell, plans)
    if (ScansOf(lfirst_node(PlannedStmt, cell)) != NIL) return false;
  return true;
}

// Returns how long giving back the memory of planning takes, in milliseconds.
double TryValues(const Work& work, const ValueChoice& value, bool indifferent, PlanChoice* out) {
  *out = {value.kind, value.source, value.frequency, 0, 0, kUnknown, kUnknown, false};
  ParamListInfo values = value.values != nullptr ? value.values : NoValues();
  double once = 0;
  if (value.values != nullptr || indifferent) {
    MemoryContext caller = MemoryContextSwitchTo(work.memory);
    const List* copies = CopyAll(work.queries);
    const uint64 start = pg::NowNs();
    const List* plans = PlanAll(copies, values);
    once = MillisecondsSince(start);
    out->custom_cost = CostOfAll(plans);
    out->planning_charge = ChargeForPlanning(plans);
    Compare(work, plans, values, out);
    MemoryContextSwitchTo(caller);
    MemoryContextReset(work.memory);
  } else {
    out->planning_charge = ChargeForPlanning(work.generic);
  }
  const bool late = once > 0 && IsLate(work);
  const Times times = late ? Times{once, 0} : TimeOfPlanning(work, values);
  out->plan_time = times.run;
  return times.release;
}

List* WithoutUtilities(const List* queries) {
  List* planned = NIL;
  const ListCell* cell = nullptr;
  foreach (cell, queries)  // a rule may have added a NOTIFY
    if (lfirst_node(Query, cell)->commandType != CMD_UTILITY) planned = lappend(planned, lfirst(cell));
  return planned;
}

// In the path that names in the text are looked up in, which the role's settings have replaced.
double TimeOfParsing(const Work& work) {
  pg::SetForRole("search_path", "pg_catalog, pg_temp");
  const Times times = TimeOf(work, [] { return 0; }, [&](int) { AnalyzeAgain(work.statement->record); });
  return times.run + times.release;
}

}  // namespace

PlanningProbe TimeProbe(int number) {
  const Oid relations[] = {RelationRelationId, NamespaceRelationId, TypeRelationId};
  store::PlannableParam param{};
  param.type = OIDOID;
  Statement statement{};
  statement.record = {&param, 1, relations, lengthof(relations), kProbes[number]};
  ParamListInfo values = makeParamList(1);
  values->params[0] = {ObjectIdGetDatum(kProbeValue), false, PARAM_FLAG_CONST, OIDOID};
  MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "pg_steward planning probe", ALLOCSET_DEFAULT_SIZES);
  const Work work{&statement, AnalyzeStatement(statement.record), memory, NIL, pg::NowNs()};
  const Times parse = TimeOf(work, [] { return 0; }, [&](int) { AnalyzeAgain(work.statement->record); });
  const Times plan = TimeOfPlanning(work, values);
  MemoryContextDelete(memory);
  return {kProbes[number], kProbeValue, parse.run + parse.release + plan.release, plan.run};
}

void ChoosePlans(const Statement& statement, int wanted, StatementChoice* out) {
  const Entered entered = BeginStatement(statement);
  MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "pg_steward plan choice", ALLOCSET_DEFAULT_SIZES);
  Work work{&statement, WithoutUtilities(entered.queries), memory, NIL, pg::NowNs()};
  const ValueChoices values = ChooseValues(statement, wanted);
  work.generic = PlanAll(CopyAll(work.queries), NoValues());
  const ListCell* cell = nullptr;
  foreach (cell, work.generic) out->prunes |= PrunesAtStart(lfirst_node(PlannedStmt, cell));
  out->generic_cost = CostOfAll(work.generic);
  const bool indifferent = statement.record.nparams == 0 || ReadsNothing(work.generic);
  double release = 0;
  for (int i = 0; i < values.count; ++i) release += TryValues(work, values.choice[i], indifferent, &out->choice[i]) / values.count;
  out->count = values.count;
  out->parse_time = TimeOfParsing(work) + release;
  MemoryContextDelete(memory);
  pg::EndRole(entered.before);
}

}  // namespace steward::whatif
