// The SQL function behind steward.slow_queries. Covers the whole cluster, like steward.statements; of other users' executions
// only times and counters are shown, by pg_stat_statements' rule.
#include "pg/text_output.hpp"
#include "store/row.hpp"
#include "store/shmem.hpp"
#include "store/slow_queries.hpp"
#include "store/texts.hpp"
#include "store/visibility.hpp"

extern "C" {
#include "utils/timestamp.h"
}

namespace steward::store {

namespace {

const char* const kStates[] = {"ok", "failed", "canceled"};

void AddBytes(Row* row, const char* data, uint32 length, int encoding) {
  row->AddIf(length > 0, length > 0 ? pg::TextInDatabaseEncoding(data, static_cast<int>(length), encoding) : Datum{0});
}

void AddWho(Row* row, const SlowRecord& record, bool visible) {
  row->AddIf(visible, Int32GetDatum(record.pid));
  AddBytes(row, record.application_name, visible ? static_cast<uint32>(strlen(record.application_name)) : 0,
                record.encoding);
  row->AddText(visible && record.client_addr[0] != '\0' ? record.client_addr : nullptr);
}

void AddIdentity(Row* row, const SlowExecution& execution, bool visible) {
  row->Add(BoolGetDatum(execution.key.toplevel));
  row->AddIf(visible, Int64GetDatum(static_cast<int64>(execution.key.queryid)));
  row->AddIf(visible && execution.planid != 0, Int64GetDatum(static_cast<int64>(execution.planid)));
}

void AddMeasured(Row* row, const SlowExecution& execution) {
  row->Add(Float8GetDatum(execution.exec_time_ms));
  row->AddIf(execution.plan_time_ms >= 0, Float8GetDatum(execution.plan_time_ms));
  row->AddCount(execution.rows);
  row->AddText(execution.sqlstate != 0 ? unpack_sql_state(execution.sqlstate) : nullptr);
  row->AddCount(execution.shared_blks_hit);
  row->AddCount(execution.shared_blks_read);
  row->AddCount(execution.temp_blks_written);
  row->AddCount(execution.wal_bytes);
  row->Add(BoolGetDatum(execution.instrumented));
}

void AddQuery(Row* row, const StatementKey& key, bool visible) {
  if (!visible) return row->AddText("<insufficient privilege>");
  const TextCopy text = GetDisplayText(TextKey{key.dbid, key.queryid});
  AddBytes(row, text.display, text.found && text.display != nullptr ? text.display_length : 0, text.encoding);
}

void AddPlan(Row* row, const char* json, uint32 length, int encoding) {
  row->AddIf(length > 0, length > 0 ? pg::JsonInDatabaseEncoding(json, static_cast<int>(length), encoding) : Datum{0});
}

void EmitAll(FunctionCallInfo fcinfo) {
  InitMaterializedSRF(fcinfo, 0);
  auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  const bool all = ReadsAllStats();
  const SlowCopy copy = CopySlow();
  MemoryContext rows = AllocSetContextCreate(CurrentMemoryContext, "pg_steward row", ALLOCSET_DEFAULT_SIZES);
  MemoryContext caller = MemoryContextSwitchTo(rows);
  for (uint32 i = 0; i < kSlowRing; i++) {
    CHECK_FOR_INTERRUPTS();
    const SlowRecord& record = copy.records[i];
    if (record.id == 0) continue;
    const SlowExecution& execution = record.execution;
    const bool visible = all || execution.key.userid == GetUserId();
    Row row{};
    row.Add(Int64GetDatum(record.id));
    row.Add(TimestampTzGetDatum(execution.query_start));
    row.AddText(kStates[static_cast<int>(execution.state)]);
    row.Add(ObjectIdGetDatum(execution.key.userid));
    row.Add(ObjectIdGetDatum(execution.key.dbid));
    AddWho(&row, record, visible);
    AddIdentity(&row, execution, visible);
    AddMeasured(&row, execution);
    AddBytes(&row, copy.blob + copy.parameters[i].offset, visible ? copy.parameters[i].length : 0, record.encoding);
    AddPlan(&row, copy.blob + copy.plans[i].offset, visible ? copy.plans[i].length : 0, record.encoding);
    AddQuery(&row, execution.key, visible);
    tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
    MemoryContextReset(rows);
  }
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(rows);
}

}  // namespace

}  // namespace steward::store

STEWARD_FUNCTION(steward_slow_queries) {
  steward::store::RequireReady();
  steward::store::EmitAll(fcinfo);
  return Datum{0};
}
