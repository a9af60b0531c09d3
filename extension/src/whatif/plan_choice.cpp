// The SQL functions steward.plan_choice, steward.plan_choice_values and steward.planning_probes. Owns arguments, answers and containment of
// errors; the work is choose_plan's and choice_values'.
#include "pg/role.hpp"
#include "pg/subtransaction.hpp"
#include "store/drain.hpp"
#include "store/shmem.hpp"
#include "whatif/array_arguments.hpp"
#include "whatif/choose_plan.hpp"
#include "whatif/plan_pin.hpp"
#include "whatif/session_check.hpp"
#include "whatif/sql_answer.hpp"
#include "whatif/statement_source.hpp"
#include "whatif/value_free_error.hpp"

#include <cmath>

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
}

namespace steward::whatif {

namespace {

constexpr int kColumns = 15;

// What is asked of one statement, and the answer.
struct Question {
  Statement statement;
  int draws;
  bool readable;  // the caller may read the columns that values come from
  StatementChoice choice;
  ReturnSetInfo* result;  // of plan_choice_values, which emits as the role whose values these are
};

int ChoicesArgument(FunctionCallInfo fcinfo, int number) {
  RequireArgument(fcinfo, number);
  const int draws = PG_GETARG_INT32(number);
  if (draws < 1 || draws > kMaxChoices)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("draws must be between 1 and %d, not %d", kMaxChoices, draws)));
  return draws;
}

// Runs `work` for the question; errors are contained, and quote no values.
ErrorData* Contained(void (*work)(void*), Question* question) {
  if (question->statement.error != nullptr) return question->statement.error;
  MemoryContext scratch =
      AllocSetContextCreate(CurrentMemoryContext, "pg_steward plan choices", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(scratch);
  ErrorData* error = pg::RunInSubtransaction(work, question, false);
  EndPinning();
  pg::LetTravelOn(error);
  MemoryContextSwitchTo(caller);
  if (error != nullptr) return WithoutValues(error);  // which is in `scratch`
  MemoryContextDelete(scratch);
  return nullptr;
}

void Choose(void* argument) {
  auto* question = static_cast<Question*>(argument);
  ChoosePlans(question->statement, question->draws, &question->choice);
}

void SetNumber(double number, Datum* value, bool* null) {
  *null = std::isnan(number);
  if (!*null) *value = Float8GetDatum(number);
}

void EmitError(int statement, const ErrorData* error, ReturnSetInfo* result) {
  Datum values[kColumns] = {Int32GetDatum(statement)};
  bool nulls[kColumns];
  for (bool& null : nulls) null = true;
  nulls[0] = false;
  SetError(error, values, nulls, kColumns - 2);
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

// How frequent a value is can tell which one it is: only to who may read the column.
void EmitChoice(int statement, int number, const Question& question, ReturnSetInfo* result) {
  const StatementChoice& whole = question.choice;
  const PlanChoice& choice = whole.choice[number];
  Datum values[kColumns] = {Int32GetDatum(statement), Int32GetDatum(number + 1),
                            CStringGetTextDatum(ChoiceKindName(choice.kind))};
  bool nulls[kColumns] = {};
  SetNumber(whole.parse_time, &values[3], &nulls[3]);
  SetNumber(choice.plan_time, &values[4], &nulls[4]);
  SetNumber(choice.planning_charge, &values[5], &nulls[5]);
  SetNumber(whole.generic_cost, &values[6], &nulls[6]);
  SetNumber(choice.custom_cost, &values[7], &nulls[7]);
  SetNumber(choice.generic_cost_here, &values[8], &nulls[8]);
  nulls[9] = std::isnan(choice.custom_cost);
  values[9] = BoolGetDatum(choice.same_plan);
  values[10] = BoolGetDatum(whole.prunes);
  SetNumber(choice.frequency < 0 || !question.readable ? std::nan("") : choice.frequency, &values[11], &nulls[11]);
  values[12] = CStringGetTextDatum(ValueSourceName(choice.source));
  SetError(nullptr, values, nulls, kColumns - 2);
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

// The texts of the values, written so that any session reads them alike.
Datum TextsOf(ParamListInfo values) {
  pg::SetForRole("DateStyle", "ISO");
  pg::SetForRole("IntervalStyle", "postgres");
  pg::SetForRole("extra_float_digits", "1");
  pg::SetForRole("bytea_output", "hex");
  const int count = values == nullptr ? 0 : values->numParams;
  auto* texts = static_cast<Datum*>(palloc0(sizeof(Datum) * static_cast<Size>(count + 1)));
  auto* nulls = static_cast<bool*>(palloc0(static_cast<Size>(count + 1)));
  for (int i = 0; i < count; ++i) {
    const ParamExternData& value = values->params[i];
    nulls[i] = value.isnull;
    if (value.isnull) continue;
    Oid output = InvalidOid;
    bool varlena = false;
    getTypeOutputInfo(value.ptype, &output, &varlena);
    texts[i] = CStringGetTextDatum(OidOutputFunctionCall(output, value.value));
  }
  int dims[1] = {count};
  int bounds[1] = {1};
  if (count == 0) return PointerGetDatum(construct_empty_array(TEXTOID));
  return PointerGetDatum(construct_md_array(texts, nulls, 1, dims, bounds, TEXTOID, -1, false, TYPALIGN_INT));
}

void Tell(void* argument) {
  auto* question = static_cast<Question*>(argument);
  const Entered entered = BeginStatement(question->statement);
  const ValueChoices values = ChooseValues(question->statement, question->draws);
  for (int i = 0; i < values.count; ++i) {
    const ValueChoice& choice = values.choice[i];
    Datum row[3] = {Int32GetDatum(i + 1), CStringGetTextDatum(ChoiceKindName(choice.kind)), TextsOf(choice.values)};
    bool nulls[3] = {false, false, choice.source == ValueSource::kGeneric};
    tuplestore_putvalues(question->result->setResult, question->result->setDesc, row, nulls);
  }
  pg::EndRole(entered.before);
}

}  // namespace

}  // namespace steward::whatif

STEWARD_FUNCTION(steward_plan_choice) {
  using namespace steward;
  store::RequireReady();
  whatif::RequireNoTemporaryObjects();
  InitMaterializedSRF(fcinfo, 0);
  store::Drain();
  int users = 0;
  int count = 0;
  const Oid* userids = whatif::OidArgument(fcinfo, 0, &users);
  const int64* queryids = whatif::Int64Argument(fcinfo, 1, &count);
  if (users != count)
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                    errmsg("statement_userids has %d elements, statement_queryids %d", users, count)));
  const int draws = whatif::ChoicesArgument(fcinfo, 2);
  auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  for (int i = 0; i < count; ++i) {
    auto* question = static_cast<whatif::Question*>(palloc0(sizeof(whatif::Question)));
    question->draws = draws;
    whatif::LoadStatement(userids[i], static_cast<uint64>(queryids[i]), &question->statement);
    whatif::HideSamples(&question->statement);
    question->readable = question->statement.error == nullptr && whatif::MayReadColumns(question->statement, GetUserId());
    const ErrorData* error = whatif::Contained(whatif::Choose, question);
    if (error != nullptr) whatif::EmitError(i + 1, error, result);
    for (int n = 0; error == nullptr && n < question->choice.count; ++n)
      whatif::EmitChoice(i + 1, n, *question, result);
  }
  return Datum{0};
}

STEWARD_FUNCTION(steward_planning_probes) {
  using namespace steward;
  InitMaterializedSRF(fcinfo, 0);
  auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  for (int i = 0; i < whatif::kPlanningProbes; ++i) {
    const whatif::PlanningProbe probe = whatif::TimeProbe(i);
    Datum values[4] = {CStringGetTextDatum(probe.text), ObjectIdGetDatum(probe.value), Float8GetDatum(probe.parse_time), Float8GetDatum(probe.plan_time)};
    bool nulls[4] = {};
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
  }
  return Datum{0};
}

STEWARD_FUNCTION(steward_plan_choice_values) {
  using namespace steward;
  store::RequireReady();
  whatif::RequireNoTemporaryObjects();
  for (int i = 0; i < 3; ++i) whatif::RequireArgument(fcinfo, i);
  InitMaterializedSRF(fcinfo, 0);
  store::Drain();
  whatif::Question question{};
  question.draws = whatif::ChoicesArgument(fcinfo, 2);
  question.result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  whatif::LoadStatement(PG_GETARG_OID(0), static_cast<uint64>(PG_GETARG_INT64(1)), &question.statement);
  whatif::HideSamples(&question.statement);
  if (question.statement.error == nullptr) whatif::RequireValueReader(question.statement, GetUserId());
  ErrorData* error = whatif::Contained(whatif::Tell, &question);
  if (error != nullptr) ThrowErrorData(error);
  return Datum{0};
}
