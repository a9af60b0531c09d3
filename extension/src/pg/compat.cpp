// See compat.hpp.
#include "pg/compat.hpp"

extern "C" {
#include "access/stratnum.h"
#include "commands/vacuum.h"
#include "optimizer/cost.h"
#include "parser/parse_relation.h"
#include "pgstat.h"
#include "storage/proc.h"
#include "tcop/pquery.h"
#include "utils/backend_status.h"
#include "utils/guc_tables.h"
#include "utils/lsyscache.h"
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

}  // namespace

void AddBlockTimes(const BufferUsage& now, const BufferUsage& then, uint64* times) {
#if PG_VERSION_NUM >= 170000
  times[0] += Elapsed(now.shared_blk_read_time, then.shared_blk_read_time);
  times[1] += Elapsed(now.shared_blk_write_time, then.shared_blk_write_time);
  times[2] += Elapsed(now.local_blk_read_time, then.local_blk_read_time);
  times[3] += Elapsed(now.local_blk_write_time, then.local_blk_write_time);
#else
  times[0] += Elapsed(now.blk_read_time, then.blk_read_time);
  times[1] += Elapsed(now.blk_write_time, then.blk_write_time);
#endif
  times[4] += Elapsed(now.temp_blk_read_time, then.temp_blk_read_time);
  times[5] += Elapsed(now.temp_blk_write_time, then.temp_blk_write_time);
}

void ReadExtras(const EState* estate, ExtraUsage* usage) {
  uint64* v = usage->value;
  memset(v, 0, sizeof usage->value);
#if PG_VERSION_NUM >= 180000
  v[kWorkersToLaunch] = static_cast<uint64>(estate->es_parallel_workers_to_launch);
  v[kWorkersLaunched] = static_cast<uint64>(estate->es_parallel_workers_launched);
#endif
  if (estate->es_jit == nullptr) return;
  const JitInstrumentation& jit = estate->es_jit->instr;
  v[kJitFunctions] = jit.created_functions;
  v[kJitGenerationNs] = Nanoseconds(jit.generation_counter);
  v[kJitInliningNs] = Nanoseconds(jit.inlining_counter);
  v[kJitOptimizationNs] = Nanoseconds(jit.optimization_counter);
  v[kJitEmissionNs] = Nanoseconds(jit.emission_counter);
#if PG_VERSION_NUM >= 170000
  v[kJitDeformNs] = Nanoseconds(jit.deform_counter);
#endif
  v[kJitInliningCount] = v[kJitInliningNs] != 0 ? 1 : 0;
  v[kJitOptimizationCount] = v[kJitOptimizationNs] != 0 ? 1 : 0;
  v[kJitEmissionCount] = v[kJitEmissionNs] != 0 ? 1 : 0;
  v[kJitDeformCount] = v[kJitDeformNs] != 0 ? 1 : 0;
}

int OwnProcIndex() {
  if (MyProc == nullptr) return -1;
#if PG_VERSION_NUM >= 170000
  return MyProcNumber;
#else
  return MyProc->pgprocno;
#endif
}

PgBackendStatus* StatusOf(const PGPROC* process) {
  if (MyBEEntry == nullptr) return nullptr;
#if PG_VERSION_NUM >= 170000
  return MyBEEntry - MyProcNumber + GetNumberFromPGProc(process);
#else
  if (process->backendId <= 0 || process->backendId > MaxBackends) return nullptr;
  return MyBEEntry - MyBackendId + process->backendId;
#endif
}

bool HoldsLocks(const PGPROC* process) {
  for (const auto& held : process->myProcLocks)
#if PG_VERSION_NUM >= 160000
    if (held.head.next != nullptr && held.head.next != &held.head) return true;
#else
    if (held.next != nullptr && held.next != &held) return true;
#endif
  return false;
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

void GiveQueryId(Query* query, const char* source) {
  if (!IsQueryIdEnabled()) return;
#if PG_VERSION_NUM >= 160000
  (void)source;
  JumbleQuery(query);
#else
  JumbleQuery(query, source);
#endif
}

uint64 UtilityQueryId(PlannedStmt* statement, const char* source) {
  if (!IsQueryIdEnabled() || source == nullptr) return 0;
  Query* query = makeNode(Query);
  query->commandType = CMD_UTILITY;
  query->utilityStmt = statement->utilityStmt;
  query->stmt_location = statement->stmt_location;
  query->stmt_len = statement->stmt_len;
  GiveQueryId(query, source);
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

bool HasOwnPermissions(const RangeTblEntry* entry) {
#if PG_VERSION_NUM >= 160000
  return entry->perminfoindex != 0;
#else
  return entry->requiredPerms != 0;
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

bool SortsDescending(const PathKey* key) {
#if PG_VERSION_NUM >= 180000
  return key->pk_cmptype == COMPARE_GT;
#else
  return key->pk_strategy == BTGreaterStrategyNumber;
#endif
}

JoinCostWorkspace MergeJoinRows(PlannerInfo* root, const MergePath* path) {
  const JoinPath* join = &path->jpath;
  JoinCostWorkspace workspace{};
#if PG_VERSION_NUM >= 180000
  initial_cost_mergejoin(root, &workspace, join->jointype, path->path_mergeclauses, join->outerjoinpath,
                         join->innerjoinpath, path->outersortkeys, path->innersortkeys, path->outer_presorted_keys,
                         nullptr);
#else
  initial_cost_mergejoin(root, &workspace, join->jointype, path->path_mergeclauses, join->outerjoinpath,
                         join->innerjoinpath, path->outersortkeys, path->innersortkeys, nullptr);
#endif
  return workspace;
}

SetOpInputs InputsOfSetOp(const SetOpPath* path) {
#if PG_VERSION_NUM >= 180000
  return {path->leftpath, path->rightpath, path->strategy == SETOP_HASHED};
#else
  return {path->subpath, nullptr, false};
#endif
}

bool HasBitmapScans(const TableAmRoutine* methods) {
#if PG_VERSION_NUM >= 180000
  return methods->scan_bitmap_next_tuple != nullptr;
#else
  return methods->scan_bitmap_next_block != nullptr;
#endif
}

bool IsJsonNode([[maybe_unused]] const Node* node) {
#if PG_VERSION_NUM >= 170000
  return IsA(node, JsonConstructorExpr) || IsA(node, JsonExpr);
#elif PG_VERSION_NUM >= 160000
  return IsA(node, JsonConstructorExpr);
#else
  return false;
#endif
}

void UseDefaultTarget(VacAttrStats* stats) {
#if PG_VERSION_NUM >= 170000
  stats->attstattarget = -1;
#else
  stats->attr = static_cast<Form_pg_attribute>(palloc0(ATTRIBUTE_FIXED_PART_SIZE));
  stats->attr->attstattarget = -1;
#endif
}

bool HasOwnRights(const Query* query) {
#if PG_VERSION_NUM >= 160000
  return ExecCheckPermissions(query->rtable, query->rteperminfos, false);
#else
  return ExecCheckRTPerms(query->rtable, false);
#endif
}

const PartitionPruneInfo* PruningOf([[maybe_unused]] const PlannedStmt* statement, const Plan* plan) {
#if PG_VERSION_NUM >= 180000
  int number = -1;
  if (IsA(plan, Append)) number = reinterpret_cast<const Append*>(plan)->part_prune_index;
  if (IsA(plan, MergeAppend)) number = reinterpret_cast<const MergeAppend*>(plan)->part_prune_index;
  return number < 0 ? nullptr : static_cast<const PartitionPruneInfo*>(list_nth(statement->partPruneInfos, number));
#else
  if (IsA(plan, Append)) return reinterpret_cast<const Append*>(plan)->part_prune_info;
  return IsA(plan, MergeAppend) ? reinterpret_cast<const MergeAppend*>(plan)->part_prune_info : nullptr;
#endif
}

#if PG_VERSION_NUM >= 180000
constexpr int kDiscouraged = 1000;  // more nodes than settings disable in one plan

void Discourage(Path* path) { path->disabled_nodes += kDiscouraged; }

bool IsDiscouraged(const Path* path) { return path->disabled_nodes >= kDiscouraged; }

bool IsDiscouraged(const Plan* plan) { return plan->disabled_nodes >= kDiscouraged; }
#else
constexpr Cost kDiscouraged = 1e13;  // more than settings that disable nodes add to a cost

void Discourage(Path* path) {
  path->startup_cost += kDiscouraged;
  path->total_cost += kDiscouraged;
}

bool IsDiscouraged(const Path* path) { return path->total_cost >= kDiscouraged; }

bool IsDiscouraged(const Plan* plan) { return plan->total_cost >= kDiscouraged; }
#endif

Oid RelationOf(const PgStat_TableXactStatus* counts) {
#if PG_VERSION_NUM >= 160000
  return counts->parent->id;
#else
  return counts->parent->t_id;
#endif
}

}  // namespace steward::pg
