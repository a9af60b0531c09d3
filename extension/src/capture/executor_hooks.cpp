// The executor's hooks: when an execution is measured and when it is counted. Execution time is ExecutorRun plus
// ExecutorFinish, as the executor's own meter has it, and what counts at which level follows pg_stat_statements.
#include "capture/hooks.hpp"

#include "pg/postgres.hpp"

extern "C" {
#include "executor/executor.h"
}

#include "capture/frames.hpp"
#include "capture/plan_capture.hpp"
#include "capture/query_text.hpp"
#include "capture/samples.hpp"
#include "capture/tracking.hpp"
#include "pg/compat.hpp"
#include "store/slot_writer.hpp"
#include "store/slow_queries.hpp"
#include "store/texts.hpp"

namespace steward::capture {

namespace {

using store::StatementKey;

// CPU time is measured of what runs longer than this, and of one execution of so many others.
constexpr uint64 kLongRunningNs = 1000000;
constexpr uint32 kCpuSampling = 64;
static_assert(kSightsBetweenChecks % kCpuSampling == 0);

// What to call: the next module's hook, or the executor itself.
ExecutorStart_hook_type previous_start = nullptr;
ExecutorRun_hook_type previous_run = nullptr;
ExecutorFinish_hook_type previous_finish = nullptr;
ExecutorEnd_hook_type previous_end = nullptr;

inline void TakePlanning(store::Execution* execution) {
  execution->plan_ns = last_planning.ns;
  execution->count_planning = last_planning.pending;
  last_planning.pending = false;
}

// The plan is a copy where it is to be kept: then the statement tells.
inline void TakeLastPlanning(store::Execution* execution) {
  if (last_planning.ns == 0) return;
  if (last_planning.key == execution->key)
    TakePlanning(execution);
  else if (last_planning.pending)
    CountLastPlanning();
  last_planning.ns = 0;
}

pg_noinline void MeetSource(uint64 queryid, const QueryDesc* desc) {
  const PlannedStmt* statement = desc->plannedstmt;
  RememberSource(queryid, StatementSource{desc->sourceText, statement->stmt_location, statement->stmt_len}, desc->params);
}

pg_noinline void Arm(Frame* frame, QueryDesc* desc) {
  const int options = ChooseInstrumentation();
  frame->armed = options != 0;
  desc->instrument_options |= options;
}

// Deals with a plan that is new to this backend, and with parameters where they are wanted.
pg_noinline PlanMemory* MeetPlan(const StatementKey& key, QueryDesc* desc, PlanMemory* memory) {
  const uint64 before = SaveNesting();
  nesting.own++;
  if (memory == nullptr) memory = PlanSeen(key, desc);
  SampleParameters(key.queryid, desc->params);
  RestoreNesting(before);
  return memory;
}

// Of each execution of a statement that runs long, and of one of so many others: it takes a system call.
bool WantsCpuTime(const PlanMemory& memory) {
  return memory.long_running || unlikely(memory.sights % kCpuSampling == kCpuSampling - 1);
}

// Plans are not wanted, or this one is new, as all are where statements take turns at one address: any execution may be the one.
pg_noinline bool WantsCpuTimeOfNew(const PlanMemory* memory) {
  static uint32 executions = 0;
  return (memory != nullptr && memory->long_running) || ++executions % kCpuSampling == 0;
}

// Before the executor starts.
inline void Prepare(Frame* frame, QueryDesc* desc, uint64 queryid) {
  store::Execution* execution = &frame->execution;
  if (last_planning.planned == desc->plannedstmt) {
    TakePlanning(execution);  // and its text was looked at before
    last_planning.planned = nullptr;
    last_planning.ns = 0;
  } else {
    TakeLastPlanning(execution);
    if (unlikely(!store::TextSurelyKnown(queryid, false))) MeetSource(queryid, desc);
  }
  execution->origin = pg::OriginOf(desc->plannedstmt);
  if (unlikely(nesting.exec > 0)) frame->began_ns = pg::NowNs();
  frame->running = true;  // an error while starting is the statement's failure
  if (unlikely(store::Armed(queryid))) Arm(frame, desc);
}

// After it has.
inline void MeetExecution(Frame* frame, QueryDesc* desc) {
  const PlannedStmt* statement = desc->plannedstmt;
  const auto queryid = static_cast<uint64>(statement->queryId);
  store::Execution* execution = &frame->execution;
  PlanMemory* memory = PlanMemoryAt(statement);
  const bool seen = PlanSurelySeen(memory, statement, queryid, execution->key.userid);
  if (unlikely(!seen))
    memory = MeetPlan(execution->key, desc, nullptr);
  else if (unlikely(settings.capture_parameters))
    memory = MeetPlan(execution->key, desc, memory);
  frame->memory = memory;
  if (likely(memory != nullptr)) {
    execution->planid = memory->planid;
    execution->entry_hint = memory->entry_hint;
  }
  frame->timed_cpu = likely(seen) ? WantsCpuTime(*memory) : WantsCpuTimeOfNew(memory);
  frame->running = false;
}

void ExecutorStart(QueryDesc* desc, int flags) {
  const Oid userid = GetUserId();  // first: the fewer registers have to be saved for the call
  const auto queryid = static_cast<uint64>(desc->plannedstmt->queryId);
  Frame* frame = nullptr;
  if (likely(queryid != 0 && Tracked(nesting.exec)))
    frame = PushFrame(FrameKind::kExecution, desc, userid, queryid, nesting.exec == 0);
  if (frame == nullptr) return previous_start(desc, flags);
  Prepare(frame, desc, queryid);
  previous_start(desc, flags);
  MeetExecution(frame, desc);
}

inline void Run(Frame* frame, STEWARD_EXECUTOR_RUN_PARAMETERS) {
  const uint64 before = SaveNesting();
  nesting.exec++;
  if (likely(frame != nullptr)) StartMeter(frame);
  previous_run(STEWARD_EXECUTOR_RUN_ARGUMENTS);
  if (likely(frame != nullptr)) StopMeter(frame);
  RestoreNesting(before);
}

pg_noinline void RunOlder(STEWARD_EXECUTOR_RUN_PARAMETERS) { Run(FindOlderFrame(desc), STEWARD_EXECUTOR_RUN_ARGUMENTS); }

void ExecutorRun(STEWARD_EXECUTOR_RUN_PARAMETERS) {
  if (unlikely(newest_frame->desc != desc)) return RunOlder(STEWARD_EXECUTOR_RUN_ARGUMENTS);
  Run(newest_frame, STEWARD_EXECUTOR_RUN_ARGUMENTS);
}

void ExecutorFinish(QueryDesc* desc) {
  // Of a query that changes nothing there is nothing to finish, and nothing worth metering.
  if (likely(desc->plannedstmt->resultRelations == NIL)) return previous_finish(desc);
  Frame* frame = FindFrame(desc);
  const uint64 before = SaveNesting();
  nesting.exec++;
  if (frame != nullptr) StartMeter(frame);
  previous_finish(desc);
  if (frame != nullptr) StopMeter(frame);
  RestoreNesting(before);
}

pg_noinline void KeepExecution(const store::Execution& execution, QueryDesc* desc) {
  const uint64 before = SaveNesting();
  nesting.own++;
  StatementDone(ExecutionEnd{execution.key, execution.planid, execution.exec_ns, execution.plan_ns, execution.rows,
                             &execution.usage, 0, false},
                desc);
  RestoreNesting(before);
}

pg_noinline void CountWithExtras(store::Execution* execution, const EState* state) {
  pg::ExtraUsage extras;
  pg::ReadExtras(state, &extras);
  store::RecordExecution(execution, &extras);
}

// A cursor may be opened at one level and closed at another; the planning was at the one where it was opened.
pg_noinline void MoveLevel(store::Execution* execution, bool toplevel) {
  if (execution->count_planning) store::RecordPlanning(execution->key, execution->plan_ns, nullptr);
  execution->count_planning = false;
  execution->key.toplevel = toplevel;
}

inline void CountExecution(Frame* frame, QueryDesc* desc, bool toplevel) {
  store::Execution* execution = &frame->execution;
  const EState* state = desc->estate;
  if (unlikely(desc->totaltime != nullptr)) pg::ReadMeter(desc, &execution->exec_ns, &execution->usage);
  if (unlikely(execution->key.toplevel != toplevel)) MoveLevel(execution, toplevel);
  execution->rows = pg::RowsProcessed(state);
  if (likely(!pg::HasExtras(state)))
    store::RecordExecution(execution, nullptr);
  else
    CountWithExtras(execution, state);
  const uint64 exec_ns = execution->exec_ns;
  if (likely(frame->memory != nullptr)) {
    frame->memory->entry_hint = execution->entry_hint;
    frame->memory->long_running = exec_ns > kLongRunningNs;
  }
  if (unlikely(IsSlow(exec_ns) || frame->armed)) KeepExecution(*execution, desc);
}

void ExecutorEnd(QueryDesc* desc) {
  Frame* frame = FindFrame(desc);
  const bool toplevel = nesting.exec == 0;
  if (likely(frame != nullptr && (toplevel || Tracked(nesting.exec)))) CountExecution(frame, desc, toplevel);
  previous_end(desc);
  if (likely(frame != nullptr)) PopFrame(frame);
}

}  // namespace

void InstallExecutorHooks() {
  previous_start = ExecutorStart_hook != nullptr ? ExecutorStart_hook : standard_ExecutorStart;
  ExecutorStart_hook = ExecutorStart;
  previous_run = ExecutorRun_hook != nullptr ? ExecutorRun_hook : standard_ExecutorRun;
  ExecutorRun_hook = ExecutorRun;
  previous_finish = ExecutorFinish_hook != nullptr ? ExecutorFinish_hook : standard_ExecutorFinish;
  ExecutorFinish_hook = ExecutorFinish;
  previous_end = ExecutorEnd_hook != nullptr ? ExecutorEnd_hook : standard_ExecutorEnd;
  ExecutorEnd_hook = ExecutorEnd;
}

}  // namespace steward::capture
