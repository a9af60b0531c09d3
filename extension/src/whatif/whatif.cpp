// The SQL functions steward.whatif and steward.whatif_index_size: arguments in, rows out. Owns checking the arguments,
// and the form of the answer.
#include "pg/postgres.hpp"
#include "store/drain.hpp"
#include "store/shmem.hpp"
#include "store/visibility.hpp"
#include "whatif/array_arguments.hpp"
#include "whatif/candidate.hpp"
#include "whatif/cost_batch.hpp"
#include "whatif/session_check.hpp"
#include "whatif/sql_answer.hpp"
#include "whatif/statement_source.hpp"

extern "C" {
}

namespace steward::whatif {

namespace {

// Statements of the current database, each with the role whose execution of it was captured.
void LoadStatements(FunctionCallInfo fcinfo, Batch* batch) {
  int users = 0;
  const Oid* userids = OidArgument(fcinfo, 0, &users);
  const int64* queryids = Int64Argument(fcinfo, 1, &batch->nstatements);
  if (users != batch->nstatements)
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                    errmsg("statement_userids has %d elements, statement_queryids %d", users, batch->nstatements)));
  batch->statements =
      static_cast<Statement*>(palloc0(static_cast<Size>(Max(batch->nstatements, 1)) * sizeof(Statement)));
  for (int i = 0; i < batch->nstatements; ++i) {
    LoadStatement(userids[i], static_cast<uint64>(queryids[i]), &batch->statements[i]);
    batch->statements[i].visible = userids[i] == GetUserId() || store::ReadsAllStats();
  }
}

// "1 4 7": candidate numbers, from 1.
int* ParseChosen(const char* text, int ncandidates, int* count) {
  auto* chosen = static_cast<int*>(palloc((strlen(text) / 2 + 1) * sizeof(int)));
  *count = 0;
  for (const char* next = text; *next != '\0';) {
    char* end = nullptr;
    const long number = strtol(next, &end, 10);
    if (end == next || number < 1 || number > ncandidates || (*end != ' ' && *end != '\0'))
      ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid list of candidates: \"%s\"", text),
                      errdetail("It must hold numbers from 1 to %d with a space between them.", ncandidates)));
    chosen[(*count)++] = static_cast<int>(number - 1);
    next = *end == ' ' ? end + 1 : end;
  }
  return chosen;
}

void LoadRequests(FunctionCallInfo fcinfo, Batch* batch) {
  int lists = 0;
  const int32* statements = Int32Argument(fcinfo, 3, &batch->nrequests);
  const char* const* chosen = TextArgument(fcinfo, 4, &lists);
  if (lists != batch->nrequests)
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                    errmsg("request_statements has %d elements, request_indexes %d", batch->nrequests, lists)));
  batch->requests = static_cast<Request*>(palloc0(static_cast<Size>(Max(batch->nrequests, 1)) * sizeof(Request)));
  for (int i = 0; i < batch->nrequests; ++i) {
    if (statements[i] < 1 || statements[i] > batch->nstatements)
      ereport(ERROR,
              (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
               errmsg("request_statements must hold numbers from 1 to %d, not %d", batch->nstatements, statements[i])));
    batch->requests[i].statement = statements[i] - 1;
    batch->requests[i].chosen = ParseChosen(chosen[i], batch->ncandidates, &batch->requests[i].nchosen);
  }
}

void LoadProbes(FunctionCallInfo fcinfo, Batch* batch) {
  if (PG_ARGISNULL(7)) return;
  int lists = 0;
  const char* const* probed = TextArgument(fcinfo, 7, &lists);
  if (lists != batch->nrequests)
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                    errmsg("request_statements has %d elements, request_probes %d", batch->nrequests, lists)));
  for (int i = 0; i < batch->nrequests; ++i)
    batch->requests[i].probed = ParseChosen(probed[i], batch->ncandidates, &batch->requests[i].nprobed);
}

void LoadOptions(FunctionCallInfo fcinfo, Batch* batch) {
  RequireArgument(fcinfo, 8);
  batch->draws = DrawsArgument(fcinfo, 6);
  batch->templates = PG_GETARG_BOOL(8);
  RequireArgument(fcinfo, 11);
  batch->plans = PG_GETARG_BOOL(11);
}

void CheckLength(int count, const char* name, int ncandidates) {
  if (count != ncandidates)
    ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                    errmsg("candidates has %d elements, %s %d", ncandidates, name, count)));
}

void CheckSize(bool good, const char* name, const char* range) {
  if (!good)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be %s", name, range),
                    errhint("NULL stands for what is not known.")));
}

// What the caller knows of the candidates' sizes already.
void LoadSizes(FunctionCallInfo fcinfo, CandidateTexts* candidates) {
  int count = 0;
  if (!PG_ARGISNULL(9)) {
    candidates->pages = Int64OrNullArgument(fcinfo, 9, KnownSize::kNoPages, &count);
    CheckLength(count, "candidate_pages", candidates->count);
    for (int i = 0; i < count; ++i)
      CheckSize(candidates->pages[i] == KnownSize::kNoPages || candidates->pages[i] >= 1, "candidate_pages", "1 or more");
  }
  if (!PG_ARGISNULL(10)) {
    candidates->tree_heights = Int32OrNullArgument(fcinfo, 10, KnownSize::kNoHeight, &count);
    CheckLength(count, "candidate_heights", candidates->count);
    for (int i = 0; i < count; ++i)
      CheckSize(candidates->tree_heights[i] == KnownSize::kNoHeight ||
                    (candidates->tree_heights[i] >= -1 && candidates->tree_heights[i] <= KnownSize::kMostHeight),
                "candidate_heights", "between -1 and 32");
  }
}

void SetText(const char* text, Datum* value, bool* null) {
  *null = text == nullptr;
  if (text != nullptr) *value = CStringGetTextDatum(text);
}

void EmitAnswers(const Batch& batch, ReturnSetInfo* result) {
  for (int i = 0; i < batch.nrequests; ++i) {
    const Request& request = batch.requests[i];
    const PlanDetails* details = request.error == nullptr ? request.details : nullptr;
    Datum values[11] = {Int32GetDatum(i + 1)};
    bool nulls[11] = {};
    if (request.error == nullptr) {
      values[1] = Float8GetDatum(request.total_cost);
      values[2] = IntegerArray(request.candidates_used);
      values[3] = OidArray(request.existing_used);
      values[4] = CStringGetTextDatum(ValueSourceName(request.source));
      values[9] = Int32GetDatum(request.workers);
    } else {
      nulls[1] = nulls[2] = nulls[3] = nulls[4] = nulls[9] = true;
    }
    SetError(request.error, values, nulls, 5);
    SetText(TemplateJson(details), &values[7], &nulls[7]);
    SetText(AccessesJson(details), &values[8], &nulls[8]);
    SetText(request.error == nullptr ? request.plan_json : nullptr, &values[10], &nulls[10]);
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
  }
}

void EmitSizes(const Candidate* candidates, int count, ReturnSetInfo* result) {
  for (int i = 0; i < count; ++i) {
    const Candidate& candidate = candidates[i];
    Datum values[7] = {Int32GetDatum(i + 1), ObjectIdGetDatum(candidate.table),
                       Int64GetDatum(static_cast<int64>(candidate.pages)), Int32GetDatum(candidate.tree_height),
                       Int64GetDatum(static_cast<int64>(candidate.pages) * BLCKSZ)};
    bool nulls[7] = {};
    nulls[1] = !OidIsValid(candidate.table);
    nulls[2] = nulls[4] = candidate.error != nullptr;
    nulls[3] = candidate.error != nullptr || candidate.tree_height < 0;
    SetError(candidate.error, values, nulls, 5);
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
  }
}

}  // namespace

}  // namespace steward::whatif

STEWARD_FUNCTION(steward_whatif) {
  using namespace steward;
  store::RequireReady();
  whatif::RequireNoTemporaryObjects();
  InitMaterializedSRF(fcinfo, 0);
  store::Drain();
  whatif::Batch batch{};
  whatif::LoadStatements(fcinfo, &batch);
  whatif::CandidateTexts candidates{};
  candidates.texts = whatif::TextArgument(fcinfo, 2, &candidates.count);
  whatif::LoadSizes(fcinfo, &candidates);
  batch.ncandidates = candidates.count;
  whatif::LoadRequests(fcinfo, &batch);
  whatif::LoadProbes(fcinfo, &batch);
  whatif::LoadOptions(fcinfo, &batch);
  batch.hidden = whatif::OidArgument(fcinfo, 5, &batch.nhidden);
  batch.candidates = whatif::ParseCandidates(candidates);
  whatif::CostBatch(&batch);
  whatif::EmitAnswers(batch, reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo));
  return Datum{0};
}

STEWARD_FUNCTION(steward_whatif_index_size) {
  using namespace steward;
  store::RequireReady();
  whatif::RequireNoTemporaryObjects();
  InitMaterializedSRF(fcinfo, 0);
  whatif::CandidateTexts texts{};
  texts.texts = whatif::TextArgument(fcinfo, 0, &texts.count);
  const whatif::Candidate* candidates = whatif::ParseCandidates(texts);
  whatif::EmitSizes(candidates, texts.count, reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo));
  return Datum{0};
}
