// See compat.hpp.
#include "pg/compat.hpp"

extern "C" {
#include "nodes/execnodes.h"
#include "storage/bufmgr.h"
#include "storage/proc.h"
#include "tcop/pquery.h"
#include "utils/plancache.h"
#include "utils/portal.h"
}

namespace steward::pg {

namespace {

uint64 Nanoseconds(const instr_time& t) {
#if PG_VERSION_NUM >= 160000
  return static_cast<uint64>(t.ticks);
#else
  return static_cast<uint64>(t.tv_sec) * 1000000000U + static_cast<uint64>(t.tv_nsec);
#endif
}

uint64 Elapsed(const instr_time& now, const instr_time& then) { return Nanoseconds(now) - Nanoseconds(then); }

uint64 Grown(int64 now, int64 then) { return static_cast<uint64>(now - then); }

// Adds the difference of two states of the server's counters.
void AddDifference(const BufferUsage& now, const BufferUsage& then, const WalUsage& wal_now, const WalUsage& wal_then,
                   uint64* v) {
  v[kSharedHit] += Grown(now.shared_blks_hit, then.shared_blks_hit);
  v[kSharedRead] += Grown(now.shared_blks_read, then.shared_blks_read);
  v[kSharedDirtied] += Grown(now.shared_blks_dirtied, then.shared_blks_dirtied);
  v[kSharedWritten] += Grown(now.shared_blks_written, then.shared_blks_written);
  v[kLocalHit] += Grown(now.local_blks_hit, then.local_blks_hit);
  v[kLocalRead] += Grown(now.local_blks_read, then.local_blks_read);
  v[kLocalDirtied] += Grown(now.local_blks_dirtied, then.local_blks_dirtied);
  v[kLocalWritten] += Grown(now.local_blks_written, then.local_blks_written);
  v[kTempRead] += Grown(now.temp_blks_read, then.temp_blks_read);
  v[kTempWritten] += Grown(now.temp_blks_written, then.temp_blks_written);
#if PG_VERSION_NUM >= 170000
  v[kSharedReadNs] += Elapsed(now.shared_blk_read_time, then.shared_blk_read_time);
  v[kSharedWriteNs] += Elapsed(now.shared_blk_write_time, then.shared_blk_write_time);
  v[kLocalReadNs] += Elapsed(now.local_blk_read_time, then.local_blk_read_time);
  v[kLocalWriteNs] += Elapsed(now.local_blk_write_time, then.local_blk_write_time);
#else
  v[kSharedReadNs] += Elapsed(now.blk_read_time, then.blk_read_time);
  v[kSharedWriteNs] += Elapsed(now.blk_write_time, then.blk_write_time);
#endif
  v[kTempReadNs] += Elapsed(now.temp_blk_read_time, then.temp_blk_read_time);
  v[kTempWriteNs] += Elapsed(now.temp_blk_write_time, then.temp_blk_write_time);
  v[kWalRecords] += Grown(wal_now.wal_records, wal_then.wal_records);
  v[kWalFpi] += Grown(wal_now.wal_fpi, wal_then.wal_fpi);
  v[kWalBytes] += wal_now.wal_bytes - wal_then.wal_bytes;
#if PG_VERSION_NUM >= 180000
  v[kWalBuffersFull] += Grown(wal_now.wal_buffers_full, wal_then.wal_buffers_full);
#endif
}

}  // namespace

void AddUsageSince(const UsageMark& mark, ResourceUsage* total) {
  AddDifference(pgBufferUsage, mark.buffers, pgWalUsage, mark.wal, total->value);
}

void AttachMeter(QueryDesc* desc, Instrumentation* own) {
  if (desc->totaltime == nullptr) {
    InstrInit(own, INSTRUMENT_ALL);
    desc->totaltime = own;
    return;
  }
  desc->totaltime->need_timer = true;
  desc->totaltime->need_bufusage = true;
  desc->totaltime->need_walusage = true;
}

bool ReadMeter(const QueryDesc* desc, uint64* exec_ns, ResourceUsage* usage) {
  Instrumentation* meter = desc->totaltime;
  if (meter == nullptr) return false;
  InstrEndLoop(meter);  // does nothing the second time
  *exec_ns = static_cast<uint64>(meter->total * 1e9 + 0.5);
  const BufferUsage no_buffers{};
  const WalUsage no_wal{};
  AddDifference(meter->bufusage, no_buffers, meter->walusage, no_wal, usage->value);
  return true;
}

void ReadUnfinishedMeter(const Instrumentation& meter, ResourceUsage* usage) {
  if (!meter.need_bufusage || INSTR_TIME_IS_ZERO(meter.starttime)) return;
  AddDifference(pgBufferUsage, meter.bufusage_start, pgWalUsage, meter.walusage_start, usage->value);
}

bool ReadJit(const EState* estate, JitUsage* usage) {
  if (estate->es_jit == nullptr) return false;
  const JitInstrumentation& jit = estate->es_jit->instr;
  uint64* v = usage->value;
  v[kJitFunctions] = jit.created_functions;
  v[kJitGenerationNs] = Nanoseconds(jit.generation_counter);
  v[kJitInliningNs] = Nanoseconds(jit.inlining_counter);
  v[kJitOptimizationNs] = Nanoseconds(jit.optimization_counter);
  v[kJitEmissionNs] = Nanoseconds(jit.emission_counter);
#if PG_VERSION_NUM >= 170000
  v[kJitDeformNs] = Nanoseconds(jit.deform_counter);
#else
  v[kJitDeformNs] = 0;
#endif
  v[kJitInliningCount] = v[kJitInliningNs] != 0 ? 1 : 0;
  v[kJitOptimizationCount] = v[kJitOptimizationNs] != 0 ? 1 : 0;
  v[kJitEmissionCount] = v[kJitEmissionNs] != 0 ? 1 : 0;
  v[kJitDeformCount] = v[kJitDeformNs] != 0 ? 1 : 0;
  return true;
}

int OwnProcIndex() {
  if (MyProc == nullptr) return -1;
#if PG_VERSION_NUM >= 170000
  return MyProcNumber;
#else
  return MyProc->pgprocno;
#endif
}

uint64 RowsProcessed(const EState* estate) {
#if PG_VERSION_NUM >= 170000
  return estate->es_total_processed;
#else
  return estate->es_processed;
#endif
}

void ReadWorkers([[maybe_unused]] const EState* estate, uint64* to_launch, uint64* launched) {
#if PG_VERSION_NUM >= 180000
  *to_launch = static_cast<uint64>(estate->es_parallel_workers_to_launch);
  *launched = static_cast<uint64>(estate->es_parallel_workers_launched);
#else
  *to_launch = 0;
  *launched = 0;
#endif
}

CallOrigin OriginOf(const PlannedStmt* statement) {
  CallOrigin origin{};
  const Portal portal = ActivePortal;
  if (portal == nullptr || portal->stmts == NIL || !list_member_ptr(portal->stmts, statement)) return origin;
  if (portal->cplan == nullptr) {
    // A simple query's portal is hidden from pg_cursors; so is none that a client made.
    origin.simple = !portal->visible;
    return origin;
  }
  origin.prepared = true;
  // Of a generic plan the plan source holds a reference besides the portal's.
  origin.generic = portal->cplan->refcount > 1;
  origin.custom = !origin.generic;
  return origin;
}

bool OutsidePortals() { return ActivePortal == nullptr; }

uint64 UtilityQueryId(PlannedStmt* statement, const char* source) {
  if (!IsQueryIdEnabled() || source == nullptr) return 0;
  Query* query = makeNode(Query);
  query->commandType = CMD_UTILITY;
  query->utilityStmt = statement->utilityStmt;
  query->stmt_location = statement->stmt_location;
  query->stmt_len = statement->stmt_len;
#if PG_VERSION_NUM >= 160000
  JumbleQuery(query);
#else
  JumbleQuery(query, source);
#endif
  const auto id = static_cast<uint64>(query->queryId);
  pfree(query);
  return id;
}

void AbandonPageRead() {
#if PG_VERSION_NUM < 160000
  AbortBufferIO();
#endif
}

int StatementText(const char* source, int location, int length, const char** text, int* text_length) {
  *text = CleanQuerytext(source, &location, &length);
  *text_length = length;
  return static_cast<int>(*text - source);
}

}  // namespace steward::pg
