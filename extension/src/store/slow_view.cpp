// The SQL function behind steward.slow_queries. Covers the whole cluster, like steward.statements; of other users' executions
// only times and counters are shown, by pg_stat_statements' rule.
#include "pg/text_output.hpp"
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

// One row, filled from left to right.
struct Row {
  Datum values[32];
  bool nulls[32];
  int count;

  void Add(Datum value, bool present = true) {
    nulls[count] = !present;
    values[count++] = value;
  }
  void AddCount(uint64 value) { Add(Int64GetDatum(static_cast<int64>(value))); }
  void AddText(const char* text, bool present) { Add(present ? CStringGetTextDatum(text) : Datum{0}, present); }
  void AddBytes(const char* data, uint32 length, int encoding) {
    Add(length > 0 ? pg::TextInDatabaseEncoding(data, static_cast<int>(length), encoding) : Datum{0}, length > 0);
  }
};

void AddWho(Row* row, const SlowRecord& record, bool visible) {
  row->Add(Int32GetDatum(record.pid), visible);
  row->AddBytes(record.application_name, visible ? static_cast<uint32>(strlen(record.application_name)) : 0,
                record.encoding);
  row->AddText(record.client_addr, visible && record.client_addr[0] != '\0');
}

void AddIdentity(Row* row, const SlowExecution& execution, bool visible) {
  row->Add(BoolGetDatum(execution.key.toplevel));
  row->Add(Int64GetDatum(static_cast<int64>(execution.key.queryid)), visible);
  row->Add(Int64GetDatum(static_cast<int64>(execution.planid)), visible && execution.planid != 0);
}

void AddMeasured(Row* row, const SlowExecution& execution) {
  row->Add(Float8GetDatum(execution.exec_time_ms));
  row->Add(Float8GetDatum(execution.plan_time_ms), execution.plan_time_ms >= 0);
  row->AddCount(execution.rows);
  row->AddText(unpack_sql_state(execution.sqlstate), execution.sqlstate != 0);
  row->AddCount(execution.shared_blks_hit);
  row->AddCount(execution.shared_blks_read);
  row->AddCount(execution.temp_blks_written);
  row->AddCount(execution.wal_bytes);
  row->Add(BoolGetDatum(execution.instrumented));
}

void AddQuery(Row* row, const StatementKey& key, bool visible) {
  if (!visible) return row->AddText("<insufficient privilege>", true);
  const TextCopy text = GetText(TextKey{key.dbid, key.queryid});
  row->AddBytes(text.display, text.found && text.display != nullptr ? text.display_length : 0, text.encoding);
}

void AddPlan(Row* row, const char* json, uint32 length, int encoding) {
  row->Add(length > 0 ? pg::JsonInDatabaseEncoding(json, static_cast<int>(length), encoding) : Datum{0}, length > 0);
}

void EmitAll(FunctionCallInfo fcinfo) {
  InitMaterializedSRF(fcinfo, 0);
  auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  const bool all = ReadsAllStats();
  const SlowCopy copy = CopySlow();
  for (uint32 i = 0; i < kSlowRing; i++) {
    const SlowRecord& record = copy.records[i];
    if (record.id == 0) continue;
    const SlowExecution& execution = record.execution;
    const bool visible = all || execution.key.userid == GetUserId();
    Row row{};
    row.Add(Int64GetDatum(record.id));
    row.Add(TimestampTzGetDatum(execution.query_start));
    row.AddText(kStates[static_cast<int>(execution.state)], true);
    row.Add(ObjectIdGetDatum(execution.key.userid));
    row.Add(ObjectIdGetDatum(execution.key.dbid));
    AddWho(&row, record, visible);
    AddIdentity(&row, execution, visible);
    AddMeasured(&row, execution);
    row.AddBytes(copy.blob + copy.parameters[i].offset, visible ? copy.parameters[i].length : 0, record.encoding);
    AddPlan(&row, copy.blob + copy.plans[i].offset, visible ? copy.plans[i].length : 0, record.encoding);
    AddQuery(&row, execution.key, visible);
    tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
  }
}

}  // namespace

}  // namespace steward::store

STEWARD_FUNCTION(steward_slow_queries) {
  steward::store::RequireReady();
  steward::store::EmitAll(fcinfo);
  return Datum{0};
}
