// See explain_capture.hpp.
#include "capture/explain_capture.hpp"

#include "capture/plan_outline.hpp"
#include "core/redact.hpp"
#include "pg/compat.hpp"
#include "pg/protected_call.hpp"
#include "settings.hpp"

extern "C" {
#include "executor/instrument.h"
#include "nodes/params.h"
#include "utils/fmgrprotos.h"
}

namespace steward::capture {

namespace {

constexpr int kMaxParameterBytes = 8192;
// EXPLAIN takes some ten microseconds a node: beyond this the outline is made at once.
constexpr int kMaxExplainedNodes = 1000;
// Its naming of columns takes more than the cube of the joins: 0.05 s for 64 of them, 3 s for 200.
constexpr int kMaxExplainedJoins = 64;

struct Job {
  QueryDesc* query;
  double exec_time_ms;
  MemoryContext target;
  PlanJson result;
};

void Keep(Job* job, const char* data, Size length) {
  char* copy = static_cast<char*>(MemoryContextAlloc(job->target, length + 1));
  memcpy(copy, data, length);
  copy[length] = '\0';
  job->result = PlanJson{copy, static_cast<uint32>(length)};
}

void Explain(void* argument) {
  auto* job = static_cast<Job*>(argument);
  const int instrument = job->query->instrument_options;
  ExplainState* es = NewExplainState();
  es->format = EXPLAIN_FORMAT_JSON;
  es->costs = true;
  es->analyze = (instrument & INSTRUMENT_ROWS) != 0 || (instrument & INSTRUMENT_TIMER) != 0;
  es->timing = (instrument & INSTRUMENT_TIMER) != 0;
  es->buffers = (instrument & INSTRUMENT_BUFFERS) != 0;
  es->wal = (instrument & INSTRUMENT_WAL) != 0;
  ExplainBeginOutput(es);
  ExplainOpenGroup("Query", nullptr, true, es);
  ExplainPrintPlan(es, job->query);
  if (es->analyze) ExplainPropertyFloat("Execution Time", "ms", job->exec_time_ms, 3, es);
  ExplainCloseGroup("Query", nullptr, true, es);
  ExplainEndOutput(es);
  auto length = static_cast<Size>(es->str->len);
  if (!settings.capture_parameters) length = core::RedactPlanJson(es->str->data, length);
  if (length > kMaxPlanBytes) return;
  es->str->data[length] = '\0';
  // EXPLAIN's own output is not always valid: on 15 it leaves an array open for MERGE into several tables. Raises if not.
  DirectFunctionCall1(json_in, CStringGetDatum(es->str->data));
  Keep(job, es->str->data, length);
}

void Outline(void* argument) {
  auto* job = static_cast<Job*>(argument);
  Size length = 0;
  const char* outline = OutlinePlan(job->query, kMaxPlanBytes, &length);
  Keep(job, outline, length);
}

bool Explainable(const QueryDesc* query) {
  int joins = 0;
  const ListCell* cell = nullptr;
  foreach (cell, query->plannedstmt->rtable) joins += lfirst_node(RangeTblEntry, cell)->rtekind == RTE_JOIN ? 1 : 0;
  return joins <= kMaxExplainedJoins && CountNodes(query->planstate, kMaxExplainedNodes) < kMaxExplainedNodes;
}

struct ParametersJob {
  QueryDesc* query;
  MemoryContext target;
  const char* result;
};

void Show(void* argument) {
  auto* job = static_cast<ParametersJob*>(argument);
  char* text = BuildParamLogString(job->query->params, nullptr, kMaxParameterBytes / 8);
  if (text != nullptr && strlen(text) <= kMaxParameterBytes) job->result = MemoryContextStrdup(job->target, text);
}

}  // namespace

PlanJson ExplainPlan(QueryDesc* query, double exec_time_ms) {
  Job job{query, exec_time_ms, CurrentMemoryContext, {nullptr, 0}};
  if (Explainable(query)) pg::RunProtected(Explain, &job);
  if (job.result.data == nullptr) pg::RunProtected(Outline, &job);
  return job.result;
}

const char* ShowParameters(QueryDesc* query) {
  if (query->params == nullptr || query->params->numParams == 0) return nullptr;
  ParametersJob job{query, CurrentMemoryContext, nullptr};
  pg::RunProtected(Show, &job);
  return job.result;
}

}  // namespace steward::capture
