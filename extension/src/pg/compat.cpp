// See compat.hpp.
#include "pg/compat.hpp"

extern "C" {
#include "access/stratnum.h"
#include "nodes/execnodes.h"
#include "parser/parse_relation.h"
#include "storage/bufmgr.h"
#include "storage/proc.h"
#include "tcop/pquery.h"
#include "utils/backend_status.h"
#include "utils/guc_tables.h"
#include "utils/lsyscache.h"
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

void AddTimes(const BufferUsage& now, const BufferUsage& then, uint64* v) {
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
}

void AddWal(const WalUsage& wal, uint64* v) {
  v[kWalRecords] += static_cast<uint64>(wal.wal_records);
  v[kWalFpi] += static_cast<uint64>(wal.wal_fpi);
  v[kWalBytes] += wal.wal_bytes;
#if PG_VERSION_NUM >= 180000
  v[kWalBuffersFull] += static_cast<uint64>(wal.wal_buffers_full);
#endif
}

}  // namespace

void ClearTimes(ResourceUsage* usage) {
  for (int i = kSharedReadNs; i <= kTempWriteNs; i++) usage->value[i] = 0;
  usage->timed = true;
}

void AddMoreUsageSince(const UsageMark& mark, ResourceUsage* usage) {
  AddDifferences<kBlockCounts>(usage->value, &pgBufferUsage, mark.blocks);
  usage->value[kWalRecords] += static_cast<uint64>(pgWalUsage.wal_records - mark.wal.wal_records);
  usage->value[kWalFpi] += static_cast<uint64>(pgWalUsage.wal_fpi - mark.wal.wal_fpi);
  usage->value[kWalBytes] += pgWalUsage.wal_bytes - mark.wal.wal_bytes;
  usage->value[kWalBuffersFull] += WalBuffersFullSince(mark.wal);
  if (usage->timed) AddTimesSince(mark.times, usage);
}

void AddTimesSince(const BufferUsage& then, ResourceUsage* usage) { AddTimes(pgBufferUsage, then, usage->value); }

bool ReadMeter(const QueryDesc* desc, uint64* exec_ns, ResourceUsage* usage) {
  Instrumentation* meter = desc->totaltime;
  if (meter == nullptr || !meter->need_timer || !meter->need_bufusage) return false;
  InstrEndLoop(meter);  // does nothing the second time
  *exec_ns = static_cast<uint64>(meter->total * 1e9 + 0.5);
  const BufferUsage none{};
  ClearUsage(usage);
  ClearTimes(usage);
  memcpy(usage->value, &meter->bufusage, sizeof(uint64) * kBlockCounts);
  AddTimes(meter->bufusage, none, usage->value);
  AddWal(meter->walusage, usage->value);
  return true;
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
  const Portal portal = ActivePortal;
  if (portal == nullptr || portal->stmts == NIL) return CallOrigin::kInner;
  if (unlikely(linitial(portal->stmts) != statement) && !list_member_ptr(portal->stmts, statement))
    return CallOrigin::kInner;
  // A simple query's portal is hidden from pg_cursors; so is none that a client made.
  if (portal->cplan == nullptr) return portal->visible ? CallOrigin::kInner : CallOrigin::kSimple;
  if (statement->commandType == CMD_UTILITY) return CallOrigin::kPreparedUtility;
  // Of a generic plan the plan source holds a reference besides the portal's.
  return portal->cplan->refcount > 1 ? CallOrigin::kGeneric : CallOrigin::kCustom;
}

bool OutsidePortals() { return ActivePortal == nullptr; }

const PgBackendStatus* StatusEntryAt(int index) {
#if PG_VERSION_NUM >= 160000
  const LocalPgBackendStatus* entry = pgstat_get_local_beentry_by_index(index + 1);
#else
  const LocalPgBackendStatus* entry = pgstat_fetch_stat_local_beentry(index + 1);
#endif
  return entry != nullptr ? &entry->backendStatus : nullptr;
}

config_generic* FindSetting(const char* name) {
#if PG_VERSION_NUM >= 160000
  return find_option(name, false, true, ERROR);
#else
  config_generic** settings = get_guc_variables();
  for (int i = 0; i < GetNumConfigOptions(); i++)
    if (strcmp(settings[i]->name, name) == 0) return settings[i];
  return nullptr;
#endif
}

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

bool PlaceOfConstant(const JumbleState* jumble, int i, int* location, int* list_length) {
  const LocationLen& place = jumble->clocations[i];
  *location = place.location;
  *list_length = 0;
#if PG_VERSION_NUM >= 180000
  if (place.squashed) *list_length = place.length;
  // Where lists are shown as one constant, parameters are numbered anew with the others: some may be in the lists.
  return !place.extern_param || jumble->has_squashed_lists;
#else
  return true;
#endif
}

int FirstConstantNumber(const JumbleState* jumble) {
#if PG_VERSION_NUM >= 180000
  if (jumble->has_squashed_lists) return 1;
#endif
  return jumble->highest_extern_param_id + 1;
}

int StatementText(const char* source, int location, int length, const char** text, int* text_length) {
  *text = CleanQuerytext(source, &location, &length);
  *text_length = length;
  return static_cast<int>(*text - source);
}

void OwnPermissions([[maybe_unused]] Query* query, [[maybe_unused]] RangeTblEntry* entry,
                    [[maybe_unused]] const PlannedStmt* origin) {
#if PG_VERSION_NUM >= 160000
  const bool known = origin != nullptr && entry->perminfoindex != 0;
  const Oid user = known ? getRTEPermissionInfo(origin->permInfos, entry)->checkAsUser : InvalidOid;
  entry->perminfoindex = 0;
  addRTEPermissionInfo(&query->rteperminfos, entry)->checkAsUser = user;
#endif
}

bool SortsDescending(Oid ordering_operator) {
  Oid family = InvalidOid;
  Oid input = InvalidOid;
#if PG_VERSION_NUM >= 180000
  CompareType kind = COMPARE_INVALID;
  return get_ordering_op_properties(ordering_operator, &family, &input, &kind) && kind == COMPARE_GT;
#else
  int16 strategy = 0;
  return get_ordering_op_properties(ordering_operator, &family, &input, &strategy) && strategy == BTGreaterStrategyNumber;
#endif
}

bool HasBitmapScans(const TableAmRoutine* methods) {
#if PG_VERSION_NUM >= 180000
  return methods->scan_bitmap_next_tuple != nullptr;
#else
  return methods->scan_bitmap_next_block != nullptr;
#endif
}

bool HasOwnRights(const Query* query) {
#if PG_VERSION_NUM >= 160000
  return ExecCheckPermissions(query->rtable, query->rteperminfos, false);
#else
  return ExecCheckRTPerms(query->rtable, false);
#endif
}

}  // namespace steward::pg
