// The SQL function behind steward.slow_queries: the ring's records, and what the server says is running. Covers the whole
// cluster, like steward.statements; of other users' executions only times and counters are shown, by pg_stat_statements' rule.
#include "pg/activity.hpp"
#include "pg/text_output.hpp"
#include "settings.hpp"
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

void AddNulls(Row* row, int count) {
  while (count-- > 0) row->AddNull();
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

void AddMeasured(Row* row, const SlowExecution& execution, bool visible) {
  row->Add(Float8GetDatum(execution.exec_time_ms));
  row->AddIf(execution.plan_time_ms >= 0, Float8GetDatum(execution.plan_time_ms));
  row->AddCount(execution.rows);
  row->AddText(execution.sqlstate != 0 ? unpack_sql_state(execution.sqlstate) : nullptr);
  AddNulls(row, 2);  // what an execution waited for at its end tells nothing
  row->AddCount(execution.shared_blks_hit);
  row->AddCount(execution.shared_blks_read);
  row->AddCount(execution.temp_blks_written);
  row->AddCount(execution.wal_bytes);
  row->Add(BoolGetDatum(execution.instrumented));
  row->AddText(visible && execution.trace.hex[0] != '\0' ? execution.trace.hex : nullptr);
}

void AddQuery(Row* row, const TextKey& key, bool visible) {
  if (!visible) return row->AddText("<insufficient privilege>");
  const TextCopy text = GetDisplayText(key);
  AddBytes(row, text.display, text.found && text.display != nullptr ? text.display_length : 0, text.encoding);
}

void AddPlan(Row* row, const char* json, uint32 length, int encoding) {
  row->AddIf(length > 0, length > 0 ? pg::JsonInDatabaseEncoding(json, static_cast<int>(length), encoding) : Datum{0});
}

// Where the rows go, and the memory that one row takes.
struct Output {
  ReturnSetInfo* result;
  MemoryContext memory;
};

void Put(const Output& output, Row* row) {
  Assert(row->count == output.result->setDesc->natts);
  tuplestore_putvalues(output.result->setResult, output.result->setDesc, row->values, row->nulls);
  MemoryContextReset(output.memory);
  CHECK_FOR_INTERRUPTS();
}

void PutFinished(const Output& output, const SlowCopy& copy, uint32 i, bool all) {
  const SlowRecord& record = copy.records[i];
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
  AddMeasured(&row, execution, visible);
  AddBytes(&row, copy.blob + copy.parameters[i].offset, visible ? copy.parameters[i].length : 0, record.encoding);
  AddPlan(&row, copy.blob + copy.plans[i].offset, visible ? copy.plans[i].length : 0, record.encoding);
  AddQuery(&row, TextKey{execution.key.dbid, execution.key.queryid}, visible);
  Put(output, &row);
}

// A statement that ended after the server's status was read is in the ring already.
bool HasEnded(const pg::RunningStatement& running, const SlowCopy& copy) {
  for (uint32 i = 0; i < kSlowRing; i++) {
    const SlowRecord& record = copy.records[i];
    if (record.id != 0 && record.pid == running.pid && record.execution.query_start == running.started &&
        record.execution.key.queryid == running.queryid)
      return true;
  }
  return false;
}

const char* IfAny(const char* text, bool visible) {
  return visible && text != nullptr && text[0] != '\0' ? text : nullptr;
}

// Its own measures are not known yet.
void PutRunning(const Output& output, const pg::RunningStatement& running, double exec_time_ms, bool visible) {
  Row row{};
  row.AddNull();  // id
  row.Add(TimestampTzGetDatum(running.started));
  row.AddText("running");
  row.AddOid(running.userid);
  row.AddOid(running.dbid);
  row.AddIf(visible, Int32GetDatum(running.pid));
  row.AddText(visible ? running.application_name : nullptr);
  row.AddText(IfAny(running.client_addr, visible));
  row.Add(BoolGetDatum(true));
  row.AddIf(visible && running.queryid != 0, Int64GetDatum(static_cast<int64>(running.queryid)));
  row.AddNull();  // planid
  row.Add(Float8GetDatum(exec_time_ms));
  AddNulls(&row, 3);  // plan_time, rows, sqlstate
  row.AddText(IfAny(running.wait_event_type, visible));
  row.AddText(IfAny(running.wait_event, visible));
  AddNulls(&row, 5);  // blocks, WAL, instrumented
  row.AddText(IfAny(core::FindTraceId(running.text).hex, visible));
  AddNulls(&row, 2);  // parameters, plan
  AddQuery(&row, TextKey{running.dbid, running.queryid}, visible);
  Put(output, &row);
}

void PutAllRunning(const Output& output, int entries, const SlowCopy& copy, bool all) {
  if (settings.slow_min_duration_ms < 0 || settings.track == static_cast<int>(Track::kNone)) return;
  const TimestampTz now = GetCurrentTimestamp();
  for (int i = 0; i < entries; i++) {
    pg::RunningStatement running;
    if (!pg::ReadRunning(i, &running)) continue;
    const double exec_time_ms = static_cast<double>(now - running.started) / 1000;
    if (exec_time_ms < settings.slow_min_duration_ms || HasEnded(running, copy)) continue;
    PutRunning(output, running, exec_time_ms, all || running.userid == GetUserId());
  }
}

void EmitAll(FunctionCallInfo fcinfo) {
  InitMaterializedSRF(fcinfo, 0);
  const bool all = ReadsAllStats();
  // Before the ring: what ends in between is in both then, not in neither.
  const int entries = pg::StatusEntries();
  const SlowCopy copy = CopySlow();
  const Output output{reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo),
                      AllocSetContextCreate(CurrentMemoryContext, "pg_steward row", ALLOCSET_DEFAULT_SIZES)};
  MemoryContext caller = MemoryContextSwitchTo(output.memory);
  for (uint32 i = 0; i < kSlowRing; i++)
    if (copy.records[i].id != 0) PutFinished(output, copy, i, all);
  PutAllRunning(output, entries, copy, all);
  MemoryContextSwitchTo(caller);
  MemoryContextDelete(output.memory);
}

}  // namespace

}  // namespace steward::store

STEWARD_FUNCTION(steward_slow_queries) {
  steward::store::RequireReady();
  steward::store::EmitAll(fcinfo);
  return Datum{0};
}
