// The SQL function steward.measure: one captured statement, run with some of the real indexes out of the planner's sight.
// Owns arguments, answer and containment; what may run and how is run_statement's.
#include "pg/role.hpp"
#include "pg/subtransaction.hpp"
#include "store/drain.hpp"
#include "store/shmem.hpp"
#include "whatif/array_arguments.hpp"
#include "whatif/enter_statement.hpp"
#include "whatif/run_statement.hpp"
#include "whatif/session_check.hpp"
#include "whatif/sql_answer.hpp"
#include "whatif/statement_source.hpp"
#include "whatif/value_free_error.hpp"

extern "C" {
#include "access/htup_details.h"
#include "funcapi.h"
}

namespace steward::whatif {

namespace {

struct Measurement {
  const Statement* statement;
  Configuration configuration;
  int draws;
  bool execute;
  MemoryContext answer;
  // The answer, sums over the drawings but for the last two.
  double exec_time;
  double total_cost;
  uint64 rows;
  int count;  // of drawings
  List* indexes;
  ValueSource source;
};

void Measure(void* argument) {
  auto* work = static_cast<Measurement*>(argument);
  const Entered entered = EnterStatement(*work->statement, work->draws);
  RequireReader(entered.queries);
  work->source = entered.draws.source;
  if (work->source == ValueSource::kGeneric)
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("no values are known for its parameters"),
                    errhint("Run ANALYZE, or let pg_steward.capture_parameters keep some.")));
  work->count = entered.draws.count;
  for (int i = 0; i < entered.draws.count; ++i) {
    const Run run = RunStatement(entered.queries, entered.draws.values[i], work->configuration, work->execute);
    work->exec_time += run.exec_time;
    work->total_cost += run.total_cost;
    work->rows += run.rows;
    MemoryContext before = MemoryContextSwitchTo(work->answer);
    work->indexes = list_concat_unique_oid(work->indexes, run.indexes);
    MemoryContextSwitchTo(before);
  }
  pg::EndRole(entered.before);
}

ErrorData* MeasureContained(Measurement* work) {
  const ActiveConfiguration before = BeginConfiguration({nullptr, nullptr, nullptr});
  MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "pg_steward measurement", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(scratch);
  ErrorData* error = pg::RunInSubtransaction(Measure, work, false);
  EndConfiguration(before);
  pg::LetTravelOn(error);
  MemoryContextSwitchTo(caller);
  return error == nullptr ? nullptr : WithoutValues(error);
}

Datum Answer(FunctionCallInfo fcinfo, const Measurement& work, const ErrorData* error) {
  TupleDesc descriptor = nullptr;
  if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE)
    elog(ERROR, "return type must be a row type");
  Datum values[7] = {};
  bool nulls[7] = {true, true, true, true, true, true, true};
  if (error == nullptr) {
    values[0] = Float8GetDatum(work.exec_time / work.count);
    values[1] = Float8GetDatum(work.total_cost / work.count);
    values[2] = Int64GetDatum(static_cast<int64>(work.rows) / work.count);
    values[3] = OidArray(work.indexes);
    values[4] = CStringGetTextDatum(ValueSourceName(work.source));
    nulls[0] = nulls[2] = !work.execute;
    nulls[1] = nulls[3] = nulls[4] = false;
  }
  SetError(error, values, nulls, 5);
  return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

}  // namespace

}  // namespace steward::whatif

STEWARD_FUNCTION(steward_measure) {
  using namespace steward;
  store::RequireReady();
  whatif::RequireNoTemporaryObjects();
  whatif::RequireReadOnlyTransaction();
  store::Drain();
  whatif::Measurement work{};
  for (int i = 0; i < 5; ++i) whatif::RequireArgument(fcinfo, i);
  work.draws = whatif::DrawsArgument(fcinfo, 3);
  work.execute = PG_GETARG_BOOL(4);
  work.configuration.hidden = whatif::OidArgument(fcinfo, 2, &work.configuration.nhidden);
  work.answer = CurrentMemoryContext;
  whatif::Statement statement{};
  whatif::LoadStatement(PG_GETARG_OID(0), static_cast<uint64>(PG_GETARG_INT64(1)), &statement);
  work.statement = &statement;
  const ErrorData* error = statement.error != nullptr ? statement.error : whatif::MeasureContained(&work);
  return whatif::Answer(fcinfo, work, error);
}
