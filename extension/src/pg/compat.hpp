// Everything that differs between the server's major versions, as functions and plain structs that read the same on all of
// them. No other file tests PG_VERSION_NUM. Leaves the meaning of what is read to the callers.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "access/tableam.h"
#include "commands/explain.h"
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif
#include "executor/executor.h"
#include "executor/instrument.h"
#include "jit/jit.h"
#include "nodes/execnodes.h"
#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"
#include "optimizer/planner.h"
#include "parser/analyze.h"
#if PG_VERSION_NUM >= 160000
#include "nodes/queryjumble.h"
#else
#include "utils/queryjumble.h"
#endif
#include "portability/instr_time.h"
#include "storage/bufmgr.h"
#include "tcop/pquery.h"
#include "utils/plancache.h"
#include "utils/portal.h"

struct config_generic;
struct PgStat_TableXactStatus;
struct PgBackendStatus;
struct VacAttrStats;
}

namespace steward::pg {

/// ExecutorRun lost its execute_once argument in 18.
#if PG_VERSION_NUM >= 180000
#define STEWARD_EXECUTOR_RUN_PARAMETERS QueryDesc *desc, ScanDirection direction, uint64 count
#define STEWARD_EXECUTOR_RUN_ARGUMENTS desc, direction, count
#define STEWARD_EXECUTOR_RUN_TO_END(desc) ExecutorRun(desc, ForwardScanDirection, 0)
#else
#define STEWARD_EXECUTOR_RUN_PARAMETERS QueryDesc *desc, ScanDirection direction, uint64 count, bool execute_once
#define STEWARD_EXECUTOR_RUN_ARGUMENTS desc, direction, count, execute_once
#define STEWARD_EXECUTOR_RUN_TO_END(desc) ExecutorRun(desc, ForwardScanDirection, 0, true)
#endif

/// The server's major version, for what only that version can read again.
inline constexpr uint32 kServerMajor = PG_VERSION_NUM / 10000;

/// The server's tree walkers take functions without a prototype on 15 and typed ones from 16 on. For pg/node_walk and
/// pg/query_walk, which everybody else uses.
#if PG_VERSION_NUM >= 160000
#define STEWARD_WALKER(result, walker) (walker)
#else
#define STEWARD_WALKER(result, walker) reinterpret_cast<result (*)()>(reinterpret_cast<void*>(walker))
#endif

/// From 17 on planning and execution share one nesting level in pg_stat_statements; before, top level is told by
/// execution's alone.
inline constexpr bool kPlanningNests = PG_VERSION_NUM >= 170000;

/// Which of a statement's usage (pg/usage.hpp) this server can tell; the rest stays 0.
inline constexpr bool kHasLocalTimes = PG_VERSION_NUM >= 170000;
inline constexpr bool kHasWalBuffersFull = PG_VERSION_NUM >= 180000;
inline constexpr bool kHasJitDeform = PG_VERSION_NUM >= 170000;
inline constexpr bool kHasWorkerCounts = PG_VERSION_NUM >= 180000;

/// Adds the I/O times that passed between the two, in nanoseconds: shared read and write, local read and write, temporary read
/// and write. Before 17 those of local blocks are among the shared.
void AddBlockTimes(const BufferUsage& now, const BufferUsage& then, uint64* times);

/// How often WAL buffers were full between the two; 0 before 18.
inline uint64 WalBuffersFullSince([[maybe_unused]] const WalUsage& now, [[maybe_unused]] const WalUsage& then) {
#if PG_VERSION_NUM >= 180000
  return static_cast<uint64>(now.wal_buffers_full - then.wal_buffers_full);
#else
  return 0;
#endif
}

/// What few executions have: work of the JIT compiler and, from 18 on, of parallel workers. The order is that of
/// core::kJitFunctions..kWorkersLaunched.
enum Extra : int {
  kJitFunctions,
  kJitGenerationNs,
  kJitInliningCount,
  kJitInliningNs,
  kJitOptimizationCount,
  kJitOptimizationNs,
  kJitEmissionCount,
  kJitEmissionNs,
  kJitDeformCount,
  kJitDeformNs,
  kWorkersToLaunch,
  kWorkersLaunched,
  kExtraCount
};
struct ExtraUsage {
  uint64 value[kExtraCount];
};
/// True when a finished execution has any. JIT work is the leader's.
inline bool HasExtras(const EState* estate) {
#if PG_VERSION_NUM >= 180000
  if (unlikely(estate->es_parallel_workers_to_launch > 0)) return true;
#endif
  return estate->es_jit != nullptr;
}
void ReadExtras(const EState* estate, ExtraUsage* usage);

/// Index of this process among the server's processes, from 0; below MaxBackends for all that run statements. -1: none.
[[nodiscard]] int OwnProcIndex();

/// Rows that the execution returned or changed, as pg_stat_statements of this version counts them.
[[nodiscard]] inline uint64 RowsProcessed(const EState* estate) {
#if PG_VERSION_NUM >= 170000
  return estate->es_total_processed;
#else
  return estate->es_processed;
#endif
}

/// How a statement came to be executed.
enum class CallOrigin : uint8 {
  kInner,            // inside a function
  kSimple,           // as text in a simple query message
  kGeneric,          // through the extended protocol or EXECUTE, with a cached generic plan
  kCustom,           // the same, with a plan made for its parameters
  kPreparedUtility,  // the same, of a statement that is not planned
};
/// Told by the active portal.
[[nodiscard]] inline CallOrigin OriginOf(const PlannedStmt* statement) {
  const PortalData* portal = ActivePortal;
  if (portal == nullptr || portal->stmts == NIL) return CallOrigin::kInner;
  if (unlikely(linitial(portal->stmts) != statement) && !list_member_ptr(portal->stmts, statement))
    return CallOrigin::kInner;
  // A simple query's portal is hidden from pg_cursors; so is none that a client made.
  if (portal->cplan == nullptr) return portal->visible ? CallOrigin::kInner : CallOrigin::kSimple;
  if (unlikely(statement->commandType == CMD_UTILITY)) return CallOrigin::kPreparedUtility;
  // Of a generic plan the plan source holds a reference besides the portal's.
  return portal->cplan->refcount > 1 ? CallOrigin::kGeneric : CallOrigin::kCustom;
}

/// True when the innermost code is not run by a portal: the server's main loop, a background worker, or its clean-up.
[[nodiscard]] bool OutsidePortals();

/// The transaction's copy of a session's status, counted from 0; null when there are not so many.
[[nodiscard]] const PgBackendStatus* StatusEntryAt(int index);

/// Another process's live status entry, for the protocol of backend_status.h; null when it has none, or this process has none.
[[nodiscard]] PgBackendStatus* StatusOf(const PGPROC* process);

/// Whether the process holds heavyweight locks, but for those that it took the short way. A look without a lock.
[[nodiscard]] bool HoldsLocks(const PGPROC* process);

/// The server's record of a setting; null when there is none of that name.
[[nodiscard]] config_generic* FindSetting(const char* name);

/// The query id core gives to a utility statement, computed anew. For when another module has cleared it.
[[nodiscard]] uint64 UtilityQueryId(PlannedStmt* statement, const char* source);

/// After an ERROR that no (sub)transaction abort follows: gives up the page read that was under way, if one was, so that the
/// next one to want the page does not wait for it. From 16 on the resource owner does this.
void AbandonPageRead();

/// As analysis does for a client's statement; nothing where the server computes none.
void GiveQueryId(Query* query, const char* source);
/// Where constant `i` of a jumbled query is in its source text; *list_length is the length of the list that it stands for
/// (from 18 on), or 0. False for a parameter, which stays as it is written. Two places may be of the same constant.
[[nodiscard]] bool PlaceOfConstant(const JumbleState* jumble, int i, int* location, int* list_length);

/// The number that the first replaced constant gets in the text that is shown.
[[nodiscard]] int FirstConstantNumber(const JumbleState* jumble);

/// The text of one statement in `source`, which may hold several: moves *text and *length to it, without the white space
/// around it. Returns how many bytes *text moved by.
int StatementText(const char* source, int location, int length, const char** text, int* text_length);

/// Whether the statement names the table, which then has rights of its own to check; partitions that planning adds have none.
[[nodiscard]] bool HasOwnPermissions(const RangeTblEntry* entry);

/// Gives `entry`, taken over from `origin` (null: from nowhere), a place in the list of permissions of `query`, which exists
/// from 16 on: the planner wants one for each relation. Whose rights count stays as it was.
void OwnPermissions(Query* query, RangeTblEntry* entry, const PlannedStmt* origin);

/// What a range-table entry of kind RTE_GROUP (from 18 on) stands for; NIL for every other kind.
inline List* GroupExpressions([[maybe_unused]] const RangeTblEntry* entry) {
#if PG_VERSION_NUM >= 180000
  return entry->rtekind == RTE_GROUP ? entry->groupexprs : NIL;
#else
  return NIL;
#endif
}

/// True when this ordering operator sorts downwards: a "greater than" of its B-tree family.
[[nodiscard]] bool SortsDescending(Oid ordering_operator);

/// True when the key sorts downwards.
[[nodiscard]] bool SortsDescending(const PathKey* key);

/// How many rows of its inputs a merge join reads before the first row it returns, and in all.
[[nodiscard]] JoinCostWorkspace MergeJoinRows(PlannerInfo* root, const MergePath* path);

/// The inputs of INTERSECT or EXCEPT; until 17 there is one, to which both have been appended. `read_first`: they are read
/// to the end before a row is returned, by what the planner charges.
struct SetOpInputs {
  const Path* left;
  const Path* right;  // null until 17
  bool read_first;
};
[[nodiscard]] SetOpInputs InputsOfSetOp(const SetOpPath* path);

/// The relation whose rows these are.
[[nodiscard]] Oid RelationOf(const PgStat_TableXactStatus* counts);

/// True when tables of this access method can be read by bitmap scans.
[[nodiscard]] bool HasBitmapScans(const TableAmRoutine* methods);

/// SQL/JSON constructors and queries, which turn values of any type into JSON and back. There are none before 16.
[[nodiscard]] bool IsJsonNode(const Node* node);

/// Has the server's ANALYZE code sample as much as default_statistics_target says.
void UseDefaultTarget(VacAttrStats* stats);

/// How the plan node leaves out partitions at run time; null when it does not, or is no node that can.
[[nodiscard]] const PartitionPruneInfo* PruningOf(const PlannedStmt* statement, const Plan* plan);

/// Makes the planner take the path only where there is no other.
void Discourage(Path* path);
[[nodiscard]] bool IsDiscouraged(const Path* path);
/// Whether the plan has come to be of such a path after all; its cost then says nothing.
[[nodiscard]] bool IsDiscouraged(const Plan* plan);

/// True when the current user has the rights that `query` needs on the relations of its own range table.
[[nodiscard]] bool HasOwnRights(const Query* query);

}  // namespace steward::pg
