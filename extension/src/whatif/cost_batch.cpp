// See cost_batch.hpp.
#include "whatif/cost_batch.hpp"

#include <cmath>

#include "pg/subtransaction.hpp"
#include "whatif/enter_statement.hpp"
#include "whatif/explain_plan.hpp"
#include "whatif/inject.hpp"
#include "whatif/plan_statement.hpp"
#include "whatif/value_free_error.hpp"

namespace steward::whatif {

namespace {

// The requests of one statement, and how far they are.
struct Work {
  Batch* batch;
  Statement* statement;
  const List* requests;    // of Request
  int next;                // the request being planned
  bool prepared;           // analysed, and values drawn
  MemoryContext answers;   // of the whole batch
  MemoryContext scratch;   // of one statement
  MemoryContext planning;  // of one planning
};

Request* RequestAt(const Work& work, int position) {
  return static_cast<Request*>(list_nth(work.requests, position));
}

// Sorts the indexes of a plan into candidates, by number, and real ones.
void AddUsed(const Batch& batch, const List* indexes, Request* request) {
  const ListCell* cell = nullptr;
  foreach (cell, indexes) {
    const Oid index = lfirst_oid(cell);
    int number = 0;
    for (int i = 0; i < request->nchosen && number == 0; ++i)
      if (batch.candidates[request->chosen[i]].index == index) number = request->chosen[i] + 1;
    if (number != 0)
      request->candidates_used = list_append_unique_int(request->candidates_used, number);
    else
      request->existing_used = list_append_unique_oid(request->existing_used, index);
  }
}

// The mean cost over the draws, and the indexes that any of them used.
void Answer(const Work& work, const List* queries, const DrawnValues& draws, Request* request) {
  const Batch& batch = *work.batch;
  const Configuration configuration{batch.candidates, request->chosen, request->nchosen, batch.hidden, batch.nhidden};
  Inquiry inquiry{{batch.candidates, batch.ncandidates, request->probed, request->nprobed}, nullptr, 1.0 / draws.count,
                  batch.plans && work.statement->visible};
  double sum = 0;
  if (batch.templates || request->nprobed > 0) {
    MemoryContextSwitchTo(work.answers);
    inquiry.details = request->details = MakePlanDetails(batch.templates, request->nprobed > 0);
  }
  for (int i = 0; i < draws.count; ++i) {
    CHECK_FOR_INTERRUPTS();
    MemoryContextSwitchTo(work.planning);
    const PlanCost cost = CostOf(queries, draws.values[i], configuration, inquiry);
    sum += cost.total;
    MemoryContextSwitchTo(work.answers);
    AddUsed(batch, cost.use.indexes, request);
    request->workers = Max(request->workers, cost.use.workers);
    if (cost.plan_json != nullptr) request->plan_json = pstrdup(cost.plan_json);
    inquiry.explain = false;
    MemoryContextReset(work.planning);
  }
  MemoryContextSwitchTo(work.scratch);
  // A role may set any price for a page or a row.
  if (!std::isfinite(sum))
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("the cost of the plan is out of range"),
                    errhint("Check the cost settings of the role that ran the statement.")));
  request->total_cost = sum / draws.count;
  request->source = draws.source;
}

void CostStatement(void* argument) {
  auto* work = static_cast<Work*>(argument);
  MemoryContextSwitchTo(work->scratch);
  const Entered entered = EnterStatement(*work->statement, work->batch->draws);
  work->prepared = true;
  for (; work->next < list_length(work->requests); ++work->next) {
    Request* request = RequestAt(*work, work->next);
    if (request->error == nullptr) Answer(*work, entered.queries, entered.draws, request);
  }
  pg::EndRole(entered.before);
}

// Runs until every request has an answer: an error takes one request with it, or all when the statement itself fails.
void RunWork(Work* work) {
  while (work->next < list_length(work->requests)) {
    const ActiveConfiguration before = BeginConfiguration({nullptr, nullptr, nullptr});
    work->prepared = false;
    ErrorData* error = pg::RunInSubtransaction(CostStatement, work, false);
    EndConfiguration(before);
    EndExplaining();
    pg::LetTravelOn(error);
    MemoryContextReset(work->planning);
    MemoryContextReset(work->scratch);
    if (error == nullptr) continue;
    const int last = work->prepared ? work->next + 1 : list_length(work->requests);
    for (; work->next < last; ++work->next) RequestAt(*work, work->next)->error = WithoutValues(error);
  }
}

// Hands errors that are known before any planning to the requests.
void CheckRequest(const Batch& batch, Request* request) {
  request->error = batch.statements[request->statement].error;
  for (int i = 0; i < request->nchosen && request->error == nullptr; ++i)
    request->error = batch.candidates[request->chosen[i]].error;
  for (int i = 0; i < request->nprobed && request->error == nullptr; ++i)
    request->error = batch.candidates[request->probed[i]].error;
}

// The requests of each statement, in their order.
List** GroupByStatement(const Batch& batch) {
  auto** groups = static_cast<List**>(palloc0(static_cast<Size>(Max(batch.nstatements, 1)) * sizeof(List*)));
  for (int i = 0; i < batch.nrequests; ++i) {
    Request* request = &batch.requests[i];
    groups[request->statement] = lappend(groups[request->statement], request);
  }
  return groups;
}

}  // namespace

void CostBatch(Batch* batch) {
  for (int i = 0; i < batch->nrequests; ++i) CheckRequest(*batch, &batch->requests[i]);

  Work work{};
  work.batch = batch;
  work.answers = CurrentMemoryContext;
  work.scratch = AllocSetContextCreate(CurrentMemoryContext, "pg_steward what-if statement", ALLOCSET_DEFAULT_SIZES);
  work.planning = AllocSetContextCreate(CurrentMemoryContext, "pg_steward what-if planning", ALLOCSET_DEFAULT_SIZES);
  List** groups = GroupByStatement(*batch);
  for (int i = 0; i < batch->nstatements; ++i) {
    if (batch->statements[i].error != nullptr) continue;
    work.statement = &batch->statements[i];
    work.requests = groups[i];
    work.next = 0;
    RunWork(&work);
  }
  MemoryContextDelete(work.scratch);
  MemoryContextDelete(work.planning);
}

ErrorData* MakeError(int sqlstate, const char* message) {
  auto* error = static_cast<ErrorData*>(palloc0(sizeof(ErrorData)));
  error->elevel = ERROR;
  error->sqlerrcode = sqlstate;
  error->message = pstrdup(message);
  return error;
}

}  // namespace steward::whatif
