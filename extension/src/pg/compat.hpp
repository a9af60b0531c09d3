// Everything that differs between the server's major versions, as functions and plain structs that read the same on all of
// them. No other file tests PG_VERSION_NUM. Leaves the meaning of what is read to the callers.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "executor/executor.h"
#include "executor/instrument.h"
#include "jit/jit.h"
#include "optimizer/planner.h"
#include "parser/analyze.h"
#if PG_VERSION_NUM >= 160000
#include "nodes/queryjumble.h"
#else
#include "utils/queryjumble.h"
#endif
#include "portability/instr_time.h"
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

/// From 17 on planning and execution share one nesting level in pg_stat_statements; before, top level is told by
/// execution's alone.
inline constexpr bool kPlanningNests = PG_VERSION_NUM >= 170000;

/// Monotonic nanoseconds. The one clock of capture.
inline uint64 NowNs() {
  instr_time now;
  INSTR_TIME_SET_CURRENT(now);
#if PG_VERSION_NUM >= 160000
  return static_cast<uint64>(INSTR_TIME_GET_NANOSEC(now));
#else
  return static_cast<uint64>(now.tv_sec) * 1000000000U + static_cast<uint64>(now.tv_nsec);
#endif
}

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
};
inline constexpr bool kHasLocalTimes = PG_VERSION_NUM >= 170000;
inline constexpr bool kHasWalBuffersFull = PG_VERSION_NUM >= 180000;
inline constexpr bool kHasJitDeform = PG_VERSION_NUM >= 170000;
inline constexpr bool kHasWorkerCounts = PG_VERSION_NUM >= 180000;

/// The server's running counters at one moment.
struct UsageMark {
  BufferUsage buffers;
  WalUsage wal;
};
inline void MarkUsage(UsageMark* mark) {
  mark->buffers = pgBufferUsage;
  mark->wal = pgWalUsage;
}

/// Adds what was used since `mark` to `total`.
void AddUsageSince(const UsageMark& mark, ResourceUsage* total);

/// Has the executor meter time, buffers and WAL of a query: of ExecutorRun and ExecutorFinish, nothing around them. `own`
/// is used, and must live as long as the execution, unless another module asked for the same before. Call between
/// ExecutorStart and the first ExecutorRun.
void AttachMeter(QueryDesc* desc, Instrumentation* own);

/// What the meter shows when the execution has ended. False when there is none.
bool ReadMeter(const QueryDesc* desc, uint64* exec_ns, ResourceUsage* usage);

/// What a meter of AttachMeter's caller had seen used when its execution failed; nothing when it did not run.
void ReadUnfinishedMeter(const Instrumentation& meter, ResourceUsage* usage);

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

/// Index of this process among the server's processes, from 0; below MaxBackends for all that run statements. -1: none.
[[nodiscard]] int OwnProcIndex();

/// Rows that the execution returned or changed, as pg_stat_statements of this version counts them.
[[nodiscard]] uint64 RowsProcessed(const EState* estate);

/// Parallel workers planned and launched for an execution; zeroes before 18.
void ReadWorkers(const EState* estate, uint64* to_launch, uint64* launched);

/// How a statement came to be executed.
struct CallOrigin {
  bool simple;    // text in a simple query message
  bool prepared;  // through the extended protocol or EXECUTE
  bool generic;   // with a cached generic plan
  bool custom;    // with a plan made for its parameters
};
/// Told by the active portal: false in all fields for statements run inside functions.
[[nodiscard]] CallOrigin OriginOf(const PlannedStmt* statement);

/// True when the innermost code is not run by a portal: the server's main loop, a background worker, or its clean-up.
[[nodiscard]] bool OutsidePortals();

/// The query id core gives to a utility statement, computed anew. For when another module has cleared it.
[[nodiscard]] uint64 UtilityQueryId(PlannedStmt* statement, const char* source);

/// After an ERROR that no (sub)transaction abort follows: gives up the page read that was under way, if one was, so that the
/// next one to want the page does not wait for it. From 16 on the resource owner does this.
void AbandonPageRead();

/// The text of one statement in `source`, which may hold several: moves *text and *length to it, without the white space
/// around it. Returns how many bytes *text moved by.
int StatementText(const char* source, int location, int length, const char** text, int* text_length);

}  // namespace steward::pg
