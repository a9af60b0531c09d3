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
  execution->count_planning = last_planning.uncounted;
  last_planning.planned = nullptr;
}

// The plan is a copy where it is to be kept: then the statement tells.
inline void TakeLastPlanning(store::Execution* execution) {
  if (last_planning.planned == nullptr) return;
  if (last_planning.key == execution->key)
    TakePlanning(execution);
  else
    CountLastPlanning();
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

// Of one execution of so many CPU time is measured, besides those of statements that run long: it takes a system call.
inline bool IsSampled(const PlanMemory& memory) { return memory.sights % kCpuSampling == 0; }

// Plans are not wanted, or this one is new, as all are where statements take turns at one address: any execution may be the one.
bool IsSampledOfNew() {
  static uint32 executions = 0;
  return ++executions % kCpuSampling == 0;
}

inline void TakeMemory(Frame* frame, PlanMemory* memory) {
  frame->memory = memory;
  frame->execution.planid = memory->planid;
  frame->timed_cpu = memory->long_running;
}

// What is not done at every execution: deals with a plan that is new to this backend (`memory` is null) or was looked up long
// ago, with parameters where they are wanted, and with one execution of so many.
pg_noinline void MeetPlan(Frame* frame, QueryDesc* desc, PlanMemory* memory) {
  const bool sampled = memory != nullptr ? IsSampled(*memory) : IsSampledOfNew();
  const StatementKey& key = frame->execution.key;
  const uint64 before = SaveNesting();
  nesting.own++;
  if (memory == nullptr || memory->sights >= kSightsBetweenChecks) memory = PlanSeen(key, desc);
  SampleParameters(key.queryid, desc->params);
  RestoreNesting(before);
  TakeMemory(frame, memory != nullptr ? memory : &any_plan);
  frame->timed_cpu = sampled || (memory != nullptr && memory->long_running);
}

// Before the executor starts.
inline void Prepare(Frame* frame, QueryDesc* desc, uint64 queryid) {
  store::Execution* execution = &frame->execution;
  if (last_planning.planned == desc->plannedstmt) {
    TakePlanning(execution);  // and its text was looked at before
  } else {
    TakeLastPlanning(execution);
    if (unlikely(!store::TextSurelyKnown(queryid, false))) MeetSource(queryid, desc);
  }
  execution->origin = pg::OriginOf(desc->plannedstmt);
  if (unlikely(nesting.exec > 0)) frame->began_ns = pg::NowNs();
  if (unlikely(store::Armed(queryid))) Arm(frame, desc);
}

// After it has.
inline void MeetExecution(Frame* frame, QueryDesc* desc) {
  const PlannedStmt* statement = desc->plannedstmt;
  const auto queryid = static_cast<uint64>(statement->queryId);
  PlanMemory* memory = PlanMemoryAt(statement);
  const bool seen = PlanSurelySeen(memory, statement, queryid, frame->execution.key.userid);
  if (unlikely(!seen))
    MeetPlan(frame, desc, nullptr);
  else if (unlikely(IsSampled(*memory) || settings.capture_parameters))
    MeetPlan(frame, desc, memory);
  else
    TakeMemory(frame, memory);
  frame->phase = Phase::kWaiting;
}

void ExecutorStart(QueryDesc* desc, int flags) {
  const Oid userid = GetUserId();  // first: the fewer registers have to be saved for the call
  const auto queryid = static_cast<uint64>(desc->plannedstmt->queryId);
  Frame* frame = nullptr;
  if (likely(queryid != 0 && Tracked()))
    frame = PushFrame(FrameKind::kExecution, desc, userid, queryid);
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

pg_noinline void KeepExecution(const Frame* frame, QueryDesc* desc) {
  const store::Execution& execution = frame->execution;
  const uint64 before = SaveNesting();
  nesting.own++;
  StatementDone(ExecutionEnd{execution.key, execution.planid, execution.exec_ns, execution.plan_ns, execution.rows,
                             &execution.usage, 0, false},
                desc);
  RestoreNesting(before);
}

pg_noinline void CountWithExtras(const Frame* frame, const EState* state) {
  pg::ExtraUsage extras;
  pg::ReadExtras(state, &extras);
  store::RecordExecution(&frame->execution, &frame->memory->entry_hint, &extras);
}

// A cursor may be opened at one level and closed at another; the planning was at the one where it was opened.
pg_noinline void MoveLevel(Frame* frame, bool toplevel) {
  store::Execution* execution = &frame->execution;
  if (execution->count_planning) store::RecordPlanning(execution->key, execution->plan_ns, nullptr);
  execution->count_planning = false;
  execution->key.toplevel = toplevel;
}

inline void CountExecution(Frame* frame, QueryDesc* desc, bool toplevel) {
  store::Execution* execution = &frame->execution;
  const EState* state = desc->estate;
  if (unlikely(desc->totaltime != nullptr)) pg::ReadMeter(desc, &execution->exec_ns, &execution->usage);
  if (unlikely(execution->key.toplevel != toplevel)) MoveLevel(frame, toplevel);
  execution->rows = pg::RowsProcessed(state);
  if (likely(!pg::HasExtras(state)))
    store::RecordExecution(execution, &frame->memory->entry_hint, nullptr);
  else
    CountWithExtras(frame, state);
  const uint64 exec_ns = execution->exec_ns;
  frame->memory->long_running = exec_ns > kLongRunningNs;
  if (unlikely(IsSlow(exec_ns) || frame->armed)) KeepExecution(frame, desc);
}

void ExecutorEnd(QueryDesc* desc) {
  Frame* frame = FindFrame(desc);
  const bool toplevel = nesting.exec == 0;
  if (likely(frame != nullptr && (toplevel || Tracked()))) CountExecution(frame, desc, toplevel);
  if (likely(frame != nullptr)) PopFrame(frame);
  previous_end(desc);
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
