// See plannable.hpp. The work runs under pg::RunProtected: whatever the deparser or a comparison function raises is
// dropped there, and the statement counts as not costable.
#include "capture/plannable.hpp"

#include "capture/deparse_settings.hpp"
#include "capture/plannable_close.hpp"
#include "capture/plannable_shape.hpp"
#include "capture/plannable_walk.hpp"
#include "pg/protected_call.hpp"
#include "pg/query_rights.hpp"
#include "pg/query_walk.hpp"
#include "settings.hpp"

extern "C" {
#include "access/parallel.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
}

namespace steward::capture {

namespace {

using store::NotCostable;
using store::PlannableParam;

constexpr Size kMaxSourceBytes = 128 * 1024;
constexpr Size kMaxTextBytes = 64 * 1024;
constexpr Size kMaxSampleValueBytes = 4 * 1024;

struct Job {
  const Query* query;
  MemoryContext result_context;
  bool want_text;
  bool want_sample;
  Plannable result;
};

// EXPLAIN, PREPARE and COPY (query) show their query to the hook again.
const Query* Unwrap(const Query* query) {
  if (query->commandType != CMD_UTILITY) return query;
  const Query* inner = pg::WrappedQuery(query->utilityStmt);
  return inner == nullptr || inner->commandType == CMD_UTILITY ? nullptr : inner;
}

char* Deparse(Query* query) {
  PinDeparseSettings();
  return pg_get_querydef(query, false);
}

const char* OutputText(const Const* value) {
  Oid output;
  bool varlena;
  getTypeOutputInfo(value->consttype, &output, &varlena);
  const char* text = OidOutputFunctionCall(output, value->constvalue);
  return strlen(text) <= kMaxSampleValueBytes ? text : nullptr;
}

void MakeSampleOf(const ParamList& list, const PlannableParam* params, Job* job) {
  PinDeparseSettings();
  store::ParamSample sample{list.count,
                            static_cast<const char**>(palloc0(sizeof(char*) * static_cast<Size>(list.count + 1))),
                            static_cast<bool*>(palloc0(static_cast<Size>(list.count + 1)))};
  bool any = false;
  for (int i = 0; i < list.count; i++) {
    const Item& item = list.items[i];
    if (item.value == nullptr) continue;
    const char* text = OutputText(item.value);
    sample.value[item.final_id - 1] = text;
    any |= sample.known[item.final_id - 1] = text != nullptr;
  }
  if (!any) return;
  MemoryContextSwitchTo(job->result_context);
  job->result.sample =
      store::EncodeSample(&sample, store::ParamSignature(params, list.count), &job->result.sample_length);
}

store::PlannableRecord RecordOf(Query* query, const ParamList& list, const PlannableParam* params, const char* text) {
  List* relids = NIL;
  List* functions = NIL;
  bool row_security = false;
  extract_query_dependencies(reinterpret_cast<Node*>(query), &relids, &functions, &row_security);
  auto* relations = static_cast<Oid*>(palloc(sizeof(Oid) * static_cast<Size>(list_length(relids) + 1)));
  int count = 0;
  ListCell* cell;
  foreach (cell, relids) relations[count++] = lfirst_oid(cell);
  return {params, list.count, relations, count, text};
}

void Make(void* argument) {
  auto* job = static_cast<Job*>(argument);
  const Query* statement = Unwrap(job->query);
  if (statement == nullptr) {
    job->result.reason = NotCostable::kUtility;
    return;
  }
  // Whoever may not read a table is told nothing about its columns, and leaves the text to somebody who may.
  if (!pg::MayExecute(const_cast<Query*>(statement))) {
    job->result.reason = NotCostable::kNoText;
    return;
  }
  // Judge only reads; the server's walker is declared for both.
  job->result.reason = Judge(const_cast<Query*>(statement));
  if (job->result.reason != NotCostable::kCostable) return;
  job->result.reason = NotCostable::kNotDeparsed;  // until it is
  auto* query = static_cast<Query*>(copyObjectImpl(statement));
  ParamList list = NewParamList();
  ReplaceInStatement(query, &list);
  if (!CloseLiterals(query, &list)) {
    job->result.reason = NotCostable::kLiteral;
    return;
  }
  if (!list.overflow) Renumber(&list, query);
  if (list.overflow) {
    job->result.reason = NotCostable::kTooManyParameters;
    return;
  }
  auto* params = static_cast<PlannableParam*>(palloc0(sizeof(PlannableParam) * static_cast<Size>(list.count + 1)));
  MeasureShapes(&list, params);
  MemoryContext work = CurrentMemoryContext;
  if (job->want_sample) MakeSampleOf(list, params, job);
  MemoryContextSwitchTo(work);
  if (job->want_text) {
    const char* text = Deparse(query);
    if (strlen(text) > kMaxTextBytes) {
      job->result.reason = NotCostable::kTooLong;
      return;
    }
    const store::PlannableRecord record = RecordOf(query, list, params, text);
    MemoryContextSwitchTo(job->result_context);
    job->result.record = store::EncodeRecord(record, &job->result.record_length);
  }
  job->result.reason = NotCostable::kCostable;
}

Size StatementLength(const Query* query, const char* source) {
  if (query->stmt_len > 0) return static_cast<Size>(query->stmt_len);
  return source == nullptr ? 0 : strnlen(source, kMaxSourceBytes + 1);
}

Plannable Run(const Query* query, const char* source, bool want_text, bool want_sample) {
  Job job{query, CurrentMemoryContext, want_text, want_sample, Plannable{}};
  if (StatementLength(query, source) > kMaxSourceBytes) {
    job.result.reason = NotCostable::kTooLong;
    return job.result;
  }
  if (!pg::RunProtected(Make, &job) || job.result.reason != NotCostable::kCostable) {
    const NotCostable reason =
        job.result.reason == NotCostable::kCostable ? NotCostable::kNotDeparsed : job.result.reason;
    job.result = Plannable{};
    job.result.reason = reason;
  }
  return job.result;
}

struct ExternalJob {
  const char* record;
  uint32 record_length;
  ParamListInfo values;
  MemoryContext result_context;
  const char* sample;
  uint32 sample_length;
};

void MakeExternalSample(void* argument) {
  auto* job = static_cast<ExternalJob*>(argument);
  store::PlannableRecord record;
  if (!store::DecodeRecord(job->record, job->record_length, &record)) return;
  PinDeparseSettings();
  const auto count = static_cast<Size>(record.nparams);
  store::ParamSample sample{record.nparams, static_cast<const char**>(palloc0(sizeof(char*) * (count + 1))),
                            static_cast<bool*>(palloc0(count + 1))};
  bool any = false;
  for (int i = 0; i < record.nparams; i++) {
    const PlannableParam& param = record.params[i];
    if (!param.external || param.external_id < 1 || param.external_id > job->values->numParams) continue;
    const ParamExternData& given = job->values->params[param.external_id - 1];
    if (given.ptype != param.type) continue;
    any = sample.known[i] = true;
    if (given.isnull) continue;
    Const value{};
    value.consttype = given.ptype;
    value.constvalue = given.value;
    sample.value[i] = OutputText(&value);
    sample.known[i] = sample.value[i] != nullptr;
  }
  if (!any) return;
  MemoryContextSwitchTo(job->result_context);
  job->sample = store::EncodeSample(&sample, store::ParamSignature(record.params, record.nparams), &job->sample_length);
}

}  // namespace

Plannable MakePlannable(const Query* query, const char* source) {
  return Run(query, source, true, settings.capture_parameters);
}

Plannable MakePlannableUtility(Node* utility, const char* source) {
  const Query* inner = pg::WrappedQuery(utility);
  if (inner == nullptr || inner->commandType == CMD_UTILITY) {
    Plannable none{};
    none.reason = NotCostable::kUtility;
    return none;
  }
  return MakePlannable(inner, source);
}

Plannable MakeSample(const Query* query, const char* source) {
  return Run(query, source, false, true);
}

const char* SampleExternal(const char* record, uint32 record_length, ParamListInfo values, uint32* length) {
  // Values that a caller hands out on demand (PL/pgSQL) are not asked for: that could run code.
  if (values == nullptr || values->paramFetch != nullptr || values->numParams == 0) return nullptr;
  ExternalJob job{record, record_length, values, CurrentMemoryContext, nullptr, 0};
  if (!pg::RunProtected(MakeExternalSample, &job)) return nullptr;
  *length = job.sample_length;
  return job.sample;
}

}  // namespace steward::capture
