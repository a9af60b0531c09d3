// Everything that differs between the server's major versions, as functions and plain structs that read the same on all of
// them. No other file tests PG_VERSION_NUM. Leaves the meaning of what is read to the callers.
#pragma once

#include "pg/lanes.hpp"
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
#include "nodes/parsenodes.h"
#include "optimizer/planner.h"
#include "parser/analyze.h"
#if PG_VERSION_NUM >= 160000
#include "nodes/queryjumble.h"
#else
#include "utils/queryjumble.h"
#endif
#include "portability/instr_time.h"
#include "storage/bufmgr.h"

struct config_generic;
struct PgBackendStatus;
}

namespace steward::pg {

/// ExecutorRun lost its execute_once argument in 18.
#if PG_VERSION_NUM >= 180000
#define STEWARD_EXECUTOR_RUN_PARAMETERS QueryDesc *desc, ScanDirection direction, uint64 count
#define STEWARD_EXECUTOR_RUN_ARGUMENTS desc, direction, count
#else
#define STEWARD_EXECUTOR_RUN_PARAMETERS QueryDesc *desc, ScanDirection direction, uint64 count, bool execute_once
#define STEWARD_EXECUTOR_RUN_ARGUMENTS desc, direction, count, execute_once
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

/// What a statement used. The order is that of core::kSharedHit..kWalBuffersFull; times in nanoseconds. What this server
/// cannot tell stays 0, and the kHas... constants say so.
enum Usage : int {
  kSharedHit,
  kSharedRead,
  kSharedDirtied,
  kSharedWritten,
  kLocalHit,
  kLocalRead,
  kLocalDirtied,
  kLocalWritten,
  kTempRead,
  kTempWritten,
  kSharedReadNs,
  kSharedWriteNs,
  kLocalReadNs,
  kLocalWriteNs,
  kTempReadNs,
  kTempWriteNs,
  kWalRecords,
  kWalFpi,
  kWalBytes,
  kWalBuffersFull,
  kUsageCount
};
struct ResourceUsage {
  uint64 value[kUsageCount];
  bool timed;  // the I/O times mean something; else they are not set
  bool empty;  // nothing was added yet, and the values are not set
};
inline constexpr bool kHasLocalTimes = PG_VERSION_NUM >= 170000;
inline constexpr bool kHasWalBuffersFull = PG_VERSION_NUM >= 180000;
inline constexpr bool kHasJitDeform = PG_VERSION_NUM >= 170000;
inline constexpr bool kHasWorkerCounts = PG_VERSION_NUM >= 180000;

inline constexpr int kBlockCounts = kTempWritten + 1;
static_assert(offsetof(BufferUsage, shared_blks_hit) == 0 &&
              offsetof(BufferUsage, temp_blks_written) == (kBlockCounts - 1) * sizeof(int64));

/// Sets the I/O times to zero and says that they mean something.
void ClearTimes(ResourceUsage* usage);

/// Nothing used, with the values left alone until the first AddUsageSince.
inline void StartUsage(ResourceUsage* usage) {
  usage->empty = true;
  usage->timed = false;
  if (unlikely(track_io_timing)) ClearTimes(usage);
}

/// Makes the values of a usage to which nothing was added zero.
inline void CompleteUsage(ResourceUsage* usage) {
  if (likely(!usage->empty)) return;
  usage->empty = false;
  Clear<kBlockCounts>(usage->value);
  Clear<kUsageCount - kWalRecords>(usage->value + kWalRecords);
}

/// Nothing used.
inline void ClearUsage(ResourceUsage* usage) {
  StartUsage(usage);
  CompleteUsage(usage);
}

/// The server's running counters at one moment. I/O times move only under track_io_timing.
struct UsageMark {
  uint64 blocks[kBlockCounts];
  WalUsage wal;
  BufferUsage times;  // where the usage is timed
};

/// Remembers the counters, for AddUsageSince with a usage that is `timed`.
inline void MarkUsage(UsageMark* mark, bool timed) {
  Copy<kBlockCounts>(mark->blocks, &pgBufferUsage);
  mark->wal = pgWalUsage;
  if (unlikely(timed)) mark->times = pgBufferUsage;
}

/// True when a block was read since `mark`, in the shared or the local buffers: without, nothing else was used either.
inline bool ReadSince(const UsageMark& mark) {
  const auto* now = reinterpret_cast<const uint64*>(&pgBufferUsage);
  return ((now[kSharedHit] ^ mark.blocks[kSharedHit]) | (now[kSharedRead] ^ mark.blocks[kSharedRead]) |
          (now[kLocalHit] ^ mark.blocks[kLocalHit]) | (now[kLocalRead] ^ mark.blocks[kLocalRead])) != 0;
}

/// How often WAL buffers were full since `then`; 0 before 18.
inline uint64 WalBuffersFullSince([[maybe_unused]] const WalUsage& then) {
#if PG_VERSION_NUM >= 180000
  return static_cast<uint64>(pgWalUsage.wal_buffers_full - then.wal_buffers_full);
#else
  return 0;
#endif
}

/// AddUsageSince for a usage to which something was added before.
void AddMoreUsageSince(const UsageMark& mark, ResourceUsage* usage);

/// Adds the I/O times that passed since `then`.
void AddTimesSince(const BufferUsage& then, ResourceUsage* usage);

/// Adds what was used since `mark` to `usage`.
inline void AddUsageSince(const UsageMark& mark, ResourceUsage* usage) {
  if (unlikely(!usage->empty)) return AddMoreUsageSince(mark, usage);
  usage->empty = false;
  SetDifferences<kBlockCounts>(usage->value, &pgBufferUsage, mark.blocks);
  usage->value[kWalRecords] = static_cast<uint64>(pgWalUsage.wal_records - mark.wal.wal_records);
  usage->value[kWalFpi] = static_cast<uint64>(pgWalUsage.wal_fpi - mark.wal.wal_fpi);
  usage->value[kWalBytes] = pgWalUsage.wal_bytes - mark.wal.wal_bytes;
  usage->value[kWalBuffersFull] = WalBuffersFullSince(mark.wal);
  if (unlikely(usage->timed)) AddTimesSince(mark.times, usage);
}

/// True when another module has the executor meter time, buffers and WAL of this query; then *exec_ns and *usage are what its
/// meter shows at the end, of ExecutorRun and ExecutorFinish and nothing around them, so that the two modules agree.
bool ReadMeter(const QueryDesc* desc, uint64* exec_ns, ResourceUsage* usage);

/// Work of the JIT compiler for one execution; the order is that of core::kJitFunctions..kJitDeformNs.
enum Jit : int {
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
  kJitUsageCount
};
struct JitUsage {
  uint64 value[kJitUsageCount];
};
/// Reads the leader's JIT work of a finished execution; false when there was none.
bool ReadJit(const EState* estate, JitUsage* usage);
inline bool UsedJit(const EState* estate) { return estate->es_jit != nullptr; }

/// Index of this process among the server's processes, from 0; below MaxBackends for all that run statements. -1: none.
[[nodiscard]] int OwnProcIndex();

/// Rows that the execution returned or changed, as pg_stat_statements of this version counts them.
[[nodiscard]] uint64 RowsProcessed(const EState* estate);

/// Parallel workers planned and launched for an execution; zeroes before 18.
void ReadWorkers(const EState* estate, uint64* to_launch, uint64* launched);

/// How a statement came to be executed.
enum class CallOrigin : uint8 {
  kInner,            // inside a function
  kSimple,           // as text in a simple query message
  kGeneric,          // through the extended protocol or EXECUTE, with a cached generic plan
  kCustom,           // the same, with a plan made for its parameters
  kPreparedUtility,  // the same, of a statement that is not planned
};
/// Told by the active portal.
[[nodiscard]] CallOrigin OriginOf(const PlannedStmt* statement);

/// True when the innermost code is not run by a portal: the server's main loop, a background worker, or its clean-up.
[[nodiscard]] bool OutsidePortals();

/// The transaction's copy of a session's status, counted from 0; null when there are not so many.
[[nodiscard]] const PgBackendStatus* StatusEntryAt(int index);

/// The server's record of a setting; null when there is none of that name.
[[nodiscard]] config_generic* FindSetting(const char* name);

/// The query id core gives to a utility statement, computed anew. For when another module has cleared it.
[[nodiscard]] uint64 UtilityQueryId(PlannedStmt* statement, const char* source);

/// After an ERROR that no (sub)transaction abort follows: gives up the page read that was under way, if one was, so that the
/// next one to want the page does not wait for it. From 16 on the resource owner does this.
void AbandonPageRead();

/// Where constant `i` of a jumbled query is in its source text; *list_length is the length of the list that it stands for
/// (from 18 on), or 0. False for a parameter, which stays as it is written. Two places may be of the same constant.
[[nodiscard]] bool PlaceOfConstant(const JumbleState* jumble, int i, int* location, int* list_length);

/// The number that the first replaced constant gets in the text that is shown.
[[nodiscard]] int FirstConstantNumber(const JumbleState* jumble);

/// The text of one statement in `source`, which may hold several: moves *text and *length to it, without the white space
/// around it. Returns how many bytes *text moved by.
int StatementText(const char* source, int location, int length, const char** text, int* text_length);

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

/// True when tables of this access method can be read by bitmap scans.
[[nodiscard]] bool HasBitmapScans(const TableAmRoutine* methods);

/// True when the current user has the rights that `query` needs on the relations of its own range table.
[[nodiscard]] bool HasOwnRights(const Query* query);

}  // namespace steward::pg
