// The SQL face of the statement table: steward.statements(), steward.reset(), steward.capture_status(). Owns columns and
// visibility; the figures come from statements, texts and drain.
#include "pg/compat.hpp"
#include "pg/postgres.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_authid.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
}

#include "core/statement_counters.hpp"
#include "pg/text_output.hpp"
#include "settings.hpp"
#include "store/block_heap.hpp"
#include "store/classes.hpp"
#include "store/drain.hpp"
#include "store/plans.hpp"
#include "store/row.hpp"
#include "store/shmem.hpp"
#include "store/slow_queries.hpp"
#include "store/statements.hpp"
#include "store/texts.hpp"

namespace steward::store {

namespace {

using core::Counter;

void AddMs(Row* row, double ns) { row->Add(Float8GetDatum(ns / 1e6)); }

void AddCountIf(Row* row, bool measurable, uint64 value) {
  if (measurable)
    row->AddCount(value);
  else
    row->AddNull();
}

// I/O times of a server that does not time I/O are unknown, not zero.
void AddIoTime(Row* row, bool measurable, uint64 ns) {
  if (measurable && (ns != 0 || track_io_timing))
    AddMs(row, static_cast<double>(ns));
  else
    row->AddNull();
}

void AddTimes(Row* row, uint64 count, uint64 sum_ns, double squares, const core::Extremes& extremes) {
  const auto sum = static_cast<double>(sum_ns);
  AddMs(row, sum);
  AddMs(row, count == 0 ? 0 : static_cast<double>(extremes.min));
  AddMs(row, count == 0 ? 0 : static_cast<double>(extremes.max));
  AddMs(row, count == 0 ? 0 : sum / static_cast<double>(count));
  AddMs(row, core::StandardDeviation(count, sum_ns, squares));
}

void AddWalBytes(Row* row, uint64 bytes) {
  row->Add(DirectFunctionCall1(int8_numeric, Int64GetDatum(static_cast<int64>(bytes))));
}

void AddSqlState(Row* row, int32 state) {
  if (state == 0) return row->AddNull();
  row->Add(CStringGetTextDatum(unpack_sql_state(state)));
}

void AddResources(Row* row, const uint64* count) {
  for (int i = core::kSharedHit; i <= core::kTempWritten; i++) row->AddCount(count[i]);
  AddIoTime(row, true, count[core::kSharedReadNs]);
  AddIoTime(row, true, count[core::kSharedWriteNs]);
  AddIoTime(row, pg::kHasLocalTimes, count[core::kLocalReadNs]);
  AddIoTime(row, pg::kHasLocalTimes, count[core::kLocalWriteNs]);
  AddIoTime(row, true, count[core::kTempReadNs]);
  AddIoTime(row, true, count[core::kTempWriteNs]);
  row->AddCount(count[core::kWalRecords]);
  row->AddCount(count[core::kWalFpi]);
  AddWalBytes(row, count[core::kWalBytes]);
  AddCountIf(row, pg::kHasWalBuffersFull, count[core::kWalBuffersFull]);
}

void AddJit(Row* row, const uint64* count) {
  row->AddCount(count[core::kJitFunctions]);
  AddMs(row, static_cast<double>(count[core::kJitGenerationNs]));
  for (int i = core::kJitInliningCount; i < core::kJitDeformCount; i += 2) {
    row->AddCount(count[i]);
    AddMs(row, static_cast<double>(count[i + 1]));
  }
  AddCountIf(row, pg::kHasJitDeform, count[core::kJitDeformCount]);
  if (pg::kHasJitDeform)
    AddMs(row, static_cast<double>(count[core::kJitDeformNs]));
  else
    row->AddNull();
}

// Columns of pg_stat_statements, under the names they have from 17 on.
void AddStandardColumns(Row* row, const Statement& s) {
  const uint64* count = s.totals.count;
  row->AddCount(count[core::kPlans]);
  AddTimes(row, count[core::kPlans], count[core::kPlanNs], s.totals.plan_squares, s.totals.plan);
  row->AddCount(count[core::kCalls]);
  AddTimes(row, count[core::kCalls], count[core::kExecNs], s.totals.exec_squares, s.totals.exec);
  row->AddCount(count[core::kRows]);
  AddResources(row, count);
  AddJit(row, count);
  AddCountIf(row, pg::kHasWorkerCounts, count[core::kWorkersToLaunch]);
  AddCountIf(row, pg::kHasWorkerCounts, count[core::kWorkersLaunched]);
  row->AddCount(count[core::kGenericPlanCalls]);
  row->AddCount(count[core::kCustomPlanCalls]);
  row->Add(TimestampTzGetDatum(s.stats_since));
  row->Add(TimestampTzGetDatum(s.stats_since));
}

// CPU time is measured of every long execution and of a sample of the short ones; the sample stands for the rest.
void AddCpuTime(Row* row, const uint64* count) {
  if (count[core::kCpuExecNs] == 0) return row->AddNull();
  const double share = static_cast<double>(count[core::kCpuNs]) / static_cast<double>(count[core::kCpuExecNs]);
  AddMs(row, share * static_cast<double>(count[core::kExecNs]));
}

void AddOwnColumns(Row* row, const Statement& s) {
  const core::StatementTotals& totals = s.totals;
  static constexpr double kQuantiles[] = {0.5, 0.95, 0.99};
  for (const double quantile : kQuantiles) {
    if (totals.count[core::kCalls] == 0)
      row->AddNull();
    else
      AddMs(row, core::LatencyQuantile(totals.latency, quantile, totals.exec.min, totals.exec.max));
  }
  row->AddCount(totals.count[core::kFailedCalls]);
  row->AddCount(totals.count[core::kCanceledCalls]);
  AddSqlState(row, totals.last_sqlstate);
  row->AddCount(totals.count[core::kSimpleCalls]);
  row->AddCount(totals.count[core::kGenericPlanCalls] + totals.count[core::kCustomPlanCalls] +
                totals.count[core::kPreparedUtilityCalls]);
  AddCpuTime(row, totals.count);
  if (totals.last_call == 0)
    row->AddNull();
  else
    row->Add(TimestampTzGetDatum(totals.last_call));
}

void AddText(Row* row, const StatementKey& key, bool allowed, bool show_text) {
  if (!allowed) {
    row->AddNull();
    row->Add(CStringGetTextDatum("<insufficient privilege>"));
    return;
  }
  row->AddCount(key.queryid);
  const TextCopy text = show_text ? GetDisplayText(TextKey{key.dbid, key.queryid}) : TextCopy{};
  if (text.display == nullptr)
    row->AddNull();
  else
    row->Add(pg::TextInDatabaseEncoding(text.display, static_cast<int>(text.display_length), text.encoding));
}

// Memory for every statement there may be is taken before the lock.
Statement* CopyAll(int* count) {
  const int capacity = StatementCapacity();
  auto* copy = static_cast<Statement*>(
      palloc_extended(sizeof(Statement) * static_cast<Size>(capacity), MCXT_ALLOC_HUGE));
  Drain();
  *count = 0;
  constexpr int kPiece = 128;
  for (int first = 0; first < capacity; first += kPiece) {
    LWLockAcquire(Lock(), LW_SHARED);
    *count += CopyStatements(copy + *count, first, kPiece);
    LWLockRelease(Lock());
  }
  return copy;
}

}  // namespace

}  // namespace steward::store

using namespace steward;         // NOLINT: SQL functions have C linkage
using namespace steward::store;  // NOLINT

STEWARD_FUNCTION(steward_statements) {
  RequireReady();
  const bool show_text = PG_GETARG_BOOL(0);
  InitMaterializedSRF(fcinfo, 0);
  auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  const bool sees_all = has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
  int count = 0;
  Statement* statements = CopyAll(&count);
  MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext, "pg_steward row", ALLOCSET_DEFAULT_SIZES);
  for (int i = 0; i < count; i++) {
    CHECK_FOR_INTERRUPTS();
    const Statement& s = statements[i];
    MemoryContext caller = MemoryContextSwitchTo(row_context);
    Row row{};
    row.Add(ObjectIdGetDatum(s.key.userid));
    row.Add(ObjectIdGetDatum(s.key.dbid));
    row.Add(BoolGetDatum(s.key.toplevel));
    AddText(&row, s.key, sees_all || s.key.userid == GetUserId(), show_text);
    AddStandardColumns(&row, s);
    AddOwnColumns(&row, s);
    Assert(row.count == result->setDesc->natts);
    tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
    MemoryContextSwitchTo(caller);
    MemoryContextReset(row_context);
  }
  pfree(statements);
  return Datum{0};
}

STEWARD_FUNCTION(steward_reset) {
  RequireReady();
  const Oid userid = PG_GETARG_OID(0);
  const Oid dbid = PG_GETARG_OID(1);
  const auto queryid = static_cast<uint64>(PG_GETARG_INT64(2));
  const bool everything = userid == 0 && dbid == 0 && queryid == 0;
  const TimestampTz now = GetCurrentTimestamp();
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  DrainLocked();
  DropStatements(userid, dbid, queryid);
  StartEpoch(everything);
  ForgetTexts(dbid, queryid);
  if (everything) {
    ResetTexts();
    ResetClasses();
    RestartStatementStatus(now);
  }
  LWLockRelease(Lock());
  ResetPlans(userid, dbid, queryid);
  ResetSlow(userid, dbid, queryid);
  PG_RETURN_TIMESTAMPTZ(now);
}

STEWARD_FUNCTION(steward_capture_status) {
  RequireReady();
  TupleDesc descriptor = nullptr;
  if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE)
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("function returning record called in context that "
                                                                    "cannot accept type record")));
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  DrainLocked();
  const StatementTableStatus status = StatementStatus();
  const uint64 missing = TextsMissing() + PlansLost();
  const Size heap_free = HeapTotalBytes() - HeapUsedBytes();
  LWLockRelease(Lock());

  const uint32 plans = PlanCount();
  const char* reason = nullptr;
  if (settings.track == static_cast<int>(Track::kNone))
    reason = "pg_steward.track is none";
  else if (!IsQueryIdEnabled())
    reason = "compute_query_id is off";
  Row row{};
  row.Add(BoolGetDatum(reason == nullptr));
  if (reason == nullptr)
    row.AddNull();
  else
    row.Add(CStringGetTextDatum(reason));
  row.Add(TimestampTzGetDatum(status.stats_since));
  row.AddCount(static_cast<uint64>(status.statements));
  row.AddCount(status.evicted);
  row.AddCount(LostExecutions());
  row.AddCount(missing);
  row.AddCount(plans);
  const Size statements_free = static_cast<Size>(status.capacity - status.statements) * status.entry_size;
  row.AddCount(TotalBytes() - heap_free - statements_free);
  row.AddCount(TotalBytes());
  const RefusedConnections refused = Refused();
  row.AddCount(refused.count);
  row.AddIf(refused.last != 0, TimestampTzGetDatum(refused.last));
  PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), row.values, row.nulls)));
}
