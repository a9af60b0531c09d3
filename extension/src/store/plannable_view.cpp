// The SQL functions that show plannable texts and parameter samples of the current database. Owns their rows and who
// may read them: whoever may read every user's statements, and a text also the user from whose statement it was made. That
// of another is not his to read, even where he ran the same statement: what was kept of the literals is the other's.
#include "pg/postgres.hpp"

extern "C" {
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
}

#include "store/plannable_record.hpp"
#include "store/shmem.hpp"
#include "store/texts.hpp"
#include "store/visibility.hpp"

namespace steward::store {

namespace {

void AddNumber(StringInfo out, const char* name, double value) {
  if (value >= 0) appendStringInfo(out, ", \"%s\": %.6g", name, value);
}

void AddParameter(StringInfo out, const PlannableParam& p) {
  appendStringInfo(out, "{\"type\": %u, \"kind\": \"%s\"", p.type, ShapeKindName(p.kind));
  if (OidIsValid(p.relid)) appendStringInfo(out, ", \"relid\": %u, \"attnum\": %d", p.relid, p.attnum);
  if (OidIsValid(p.opno)) appendStringInfo(out, ", \"operator\": %u", p.opno);
  if (p.external) appendStringInfo(out, ", \"external\": %u", p.external_id);
  if (p.pair >= 0) appendStringInfo(out, ", \"pair\": %d", p.pair + 1);
  if (p.kind == ShapeKind::kList || p.kind == ShapeKind::kPattern) appendStringInfo(out, ", \"length\": %u", p.length);
  if (p.kind == ShapeKind::kPattern)
    appendStringInfo(out, ", \"leading\": %s, \"trailing\": %s", p.pattern_leading ? "true" : "false",
                     p.pattern_trailing ? "true" : "false");
  AddNumber(out, "frequency", static_cast<double>(p.frequency));
  AddNumber(out, "position", static_cast<double>(p.position));
  AddNumber(out, "width", static_cast<double>(p.width));
  appendStringInfoChar(out, '}');
}

Datum ParametersJson(const PlannableRecord& record) {
  StringInfoData out;
  initStringInfo(&out);
  appendStringInfoChar(&out, '[');
  for (int i = 0; i < record.nparams; i++) {
    if (i > 0) appendStringInfoString(&out, ", ");
    AddParameter(&out, record.params[i]);
  }
  appendStringInfoChar(&out, ']');
  return DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data));
}

void EmitText(ReturnSetInfo* result, uint64 queryid) {
  const TextKey key{MyDatabaseId, queryid};
  const TextCopy text = GetText(key);
  if (!text.found || (!ReadsAllStats() && text.userid != GetUserId())) return;
  PlannableRecord record;
  const bool costable = DecodeRecord(text.plannable, text.plannable_length, &record);
  Datum values[7] = {};
  bool nulls[7] = {};
  values[0] = ObjectIdGetDatum(MyDatabaseId);
  values[1] = Int64GetDatum(static_cast<int64>(queryid));
  values[2] = BoolGetDatum(costable);
  const char* reason = costable ? nullptr : ReasonText(text.reason);
  if (!costable && reason == nullptr) reason = ReasonText(NotCostable::kNoText);
  nulls[3] = costable;
  if (!costable) values[3] = CStringGetTextDatum(reason);
  nulls[4] = nulls[5] = !costable;
  if (costable) {
    values[4] = CStringGetTextDatum(record.text);
    values[5] = ParametersJson(record);
  }
  values[6] = Int32GetDatum(GetSamples(key).count);
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum ValuesArray(const ParamSample& sample) {
  const auto count = static_cast<Size>(sample.nparams);
  auto* values = static_cast<Datum*>(palloc0(sizeof(Datum) * (count + 1)));
  auto* nulls = static_cast<bool*>(palloc0(count + 1));
  for (int i = 0; i < sample.nparams; i++) {
    nulls[i] = sample.value[i] == nullptr;
    if (!nulls[i]) values[i] = CStringGetTextDatum(sample.value[i]);
  }
  int dims[1] = {sample.nparams};
  int bounds[1] = {1};
  return PointerGetDatum(construct_md_array(values, nulls, 1, dims, bounds, TEXTOID, -1, false, TYPALIGN_INT));
}

void EmitSamples(ReturnSetInfo* result, uint64 queryid) {
  const TextKey key{MyDatabaseId, queryid};
  const TextCopy text = GetText(key);
  PlannableRecord record;
  if (!text.found || !DecodeRecord(text.plannable, text.plannable_length, &record)) return;
  const uint32 signature = ParamSignature(record.params, record.nparams);
  const SampleCopies samples = GetSamples(key);
  for (int i = 0; i < samples.count; i++) {
    ParamSample sample;
    if (!DecodeSample(samples.blob[i], samples.length[i], signature, &sample)) continue;
    Datum values[4] = {ObjectIdGetDatum(MyDatabaseId), Int64GetDatum(static_cast<int64>(queryid)), Int32GetDatum(i + 1),
                       ValuesArray(sample)};
    bool nulls[4] = {};
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
  }
}

void EmitEach(FunctionCallInfo fcinfo, void (*emit)(ReturnSetInfo*, uint64)) {
  auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  const int capacity = TextCapacity();
  auto* queryids = static_cast<uint64*>(palloc(sizeof(uint64) * static_cast<Size>(capacity)));
  const int count = ListTexts(MyDatabaseId, queryids, capacity);
  MemoryContext row = AllocSetContextCreate(CurrentMemoryContext, "pg_steward row", ALLOCSET_DEFAULT_SIZES);
  for (int i = 0; i < count; i++) {
    CHECK_FOR_INTERRUPTS();
    MemoryContext caller = MemoryContextSwitchTo(row);
    emit(result, queryids[i]);
    MemoryContextSwitchTo(caller);
    MemoryContextReset(row);
  }
}

}  // namespace

}  // namespace steward::store

STEWARD_FUNCTION(steward_plannable_texts) {
  steward::store::RequireReady();
  InitMaterializedSRF(fcinfo, 0);
  steward::store::EmitEach(fcinfo, steward::store::EmitText);
  return Datum{0};
}

STEWARD_FUNCTION(steward_parameter_samples) {
  using namespace steward::store;
  RequireReady();
  // A sample belongs to the text, not to a user: whoever ran the same text would see the values of others.
  InitMaterializedSRF(fcinfo, 0);
  if (ReadsAllStats()) EmitEach(fcinfo, EmitSamples);
  return Datum{0};
}
