// The SQL functions behind steward.plans and steward.predicates: what is stored, with numbers for names; the views look names
// up. Both show the current database only, because that is where the numbers mean something.
#include "store/drain.hpp"
#include "store/plans.hpp"
#include "store/row.hpp"
#include "store/shmem.hpp"
#include "store/visibility.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/timestamp.h"
}

namespace steward::store {

namespace {

const char* const kRoles[] = {"filter", "index", "join", "sort", "group", "output", "update"};
const char* const kKinds[] = {nullptr,     "equality",  "range",       "list", "like_prefix", "like_infix",
                              "is_null", "not_equal", "containment", "other"};

const char* const kTests[] = {nullptr, "IS NOT NULL", "= true", "= false", "IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE"};

Datum OidArray(const char* oids, int count) {
  Datum items[kMaxPlanRelations];
  for (int i = 0; i < count; i++) {
    Oid oid = InvalidOid;
    memcpy(&oid, oids + sizeof(Oid) * static_cast<Size>(i), sizeof oid);
    items[i] = ObjectIdGetDatum(oid);
  }
  return PointerGetDatum(construct_array(items, count, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

bool Visible(const PlanEntry& entry, bool all) { return all || entry.key.userid == GetUserId(); }

void AddKey(Row* row, const PlanKey& key) {
  row->Add(ObjectIdGetDatum(key.userid));
  row->Add(ObjectIdGetDatum(key.dbid));
  row->Add(Int64GetDatum(static_cast<int64>(key.queryid)));
  row->Add(Int64GetDatum(static_cast<int64>(key.planid)));
}

void AddSelectivities(Row* row, const PredicateRecord& record) {
  if (record.estimated >= 0)
    row->Add(Float8GetDatum(static_cast<double>(record.estimated)));
  else
    row->AddNull();
  if (record.executions > 0 && record.seen > 0)
    row->Add(Float8GetDatum(record.passed / record.seen));
  else
    row->AddNull();
  row->Add(Int64GetDatum(static_cast<int64>(record.executions)));
}

void AddPredicate(Row* row, const PredicateRecord& record, const char* expression) {
  const bool ordered = record.role == PredicateRole::kSort;
  row->Add(ObjectIdGetDatum(record.relid));
  row->Add(Int16GetDatum(record.attnum));
  if (record.expression_length > 0)
    row->Add(PointerGetDatum(cstring_to_text_with_len(expression, record.expression_length)));
  else
    row->AddNull();
  row->AddText(kRoles[static_cast<int>(record.role)]);
  row->AddText(kKinds[static_cast<int>(record.kind)]);
  row->AddOid(record.opno);
  row->AddText(kTests[static_cast<int>(record.test)]);
  row->AddOid(record.other_relid);
  OidIsValid(record.other_relid) ? row->Add(Int16GetDatum(record.other_attnum)) : row->AddNull();
  row->Add(Int32GetDatum(record.scan_no));
  record.position > 0 ? row->Add(Int32GetDatum(record.position)) : row->AddNull();
  ordered ? row->Add(BoolGetDatum((record.flags & kDescending) != 0)) : row->AddNull();
  ordered ? row->Add(BoolGetDatum((record.flags & kNullsFirst) != 0)) : row->AddNull();
  AddSelectivities(row, record);
}

void EmitPredicates(ReturnSetInfo* result, const PlanEntry& entry, const char* facts) {
  PlanFacts header;
  memcpy(&header, facts, sizeof header);
  const char* record_at = facts + sizeof header + sizeof(Oid) * (static_cast<Size>(header.relations) + header.indexes);
  const char* text = record_at + sizeof(PredicateRecord) * header.predicates;
  for (uint32 i = 0; i < header.predicates; i++) {
    PredicateRecord record;
    memcpy(&record, record_at + sizeof record * i, sizeof record);
    Row row{};
    AddKey(&row, entry.key);
    row.Add(Int32GetDatum(static_cast<int32>(i) + 1));
    AddPredicate(&row, record, text);
    text += record.expression_length;
    tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
  }
}

void EmitPlan(ReturnSetInfo* result, const PlanCopy& plan, const char* blob) {
  const char* facts = blob + plan.facts_offset;
  PlanFacts header;
  memcpy(&header, facts, sizeof header);
  Row row{};
  AddKey(&row, plan.entry.key);
  row.Add(Int64GetDatum(static_cast<int64>(plan.entry.calls)));
  row.Add(Float8GetDatum(plan.entry.total_exec_time_ms));
  row.Add(TimestampTzGetDatum(plan.entry.first_seen));
  row.Add(TimestampTzGetDatum(plan.entry.last_seen));
  row.Add(OidArray(facts + sizeof header, header.relations));
  row.Add(OidArray(facts + sizeof header + sizeof(Oid) * header.relations, header.indexes));
  if (plan.json_length > 0)
    row.Add(PointerGetDatum(cstring_to_text_with_len(blob + plan.json_offset, static_cast<int>(plan.json_length))));
  else
    row.AddNull();
  row.Add(BoolGetDatum(plan.entry.instrumented));
  tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
}

void EmitAll(FunctionCallInfo fcinfo, bool predicates) {
  RequireReady();
  Drain();
  InitMaterializedSRF(fcinfo, 0);
  auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  const bool all = ReadsAllStats();
  const PlansCopy copy = CopyPlans(MyDatabaseId, PlanParts{true, false, !predicates});
  MemoryContext rows = AllocSetContextCreate(CurrentMemoryContext, "pg_steward rows", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(rows);
  for (uint32 i = 0; i < copy.count; i++) {
    CHECK_FOR_INTERRUPTS();
    const PlanCopy& plan = copy.plans[i];
    if (!Visible(plan.entry, all)) continue;
    if (predicates)
      EmitPredicates(result, plan.entry, copy.blob + plan.facts_offset);
    else
      EmitPlan(result, plan, copy.blob);
    MemoryContextReset(rows);
  }
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(rows);
}

}  // namespace

}  // namespace steward::store

STEWARD_FUNCTION(steward_predicates) {
  steward::store::EmitAll(fcinfo, true);
  return Datum{0};
}

STEWARD_FUNCTION(steward_plans) {
  steward::store::EmitAll(fcinfo, false);
  return Datum{0};
}
