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
#include "store/slots.hpp"
#include "store/slow_queries.hpp"
#include "store/texts.hpp"

namespace steward::capture {

namespace {

using store::StatementKey;

// CPU time is measured of what runs longer than this, and of one execution of so many others.
constexpr uint64 kLongRunningNs = 1000000;
constexpr uint32 kCpuSampling = 64;

ExecutorStart_hook_type previous_start = nullptr;
ExecutorRun_hook_type previous_run = nullptr;
ExecutorFinish_hook_type previous_finish = nullptr;
ExecutorEnd_hook_type previous_end = nullptr;

// Gives the planning that has just ended to the execution that it was for.
inline void TakeLastPlanning(store::Execution* execution) {
  if (last_planning.ns == 0) return;
  if (likely(last_planning.key == execution->key)) {
    execution->plan_ns = last_planning.ns;
    execution->count_planning = last_planning.pending;
    last_planning.pending = false;
  } else if (last_planning.pending) {
    CountLastPlanning();
  }
  last_planning.ns = 0;
}

void CallStart(QueryDesc* desc, int flags) {
  if (previous_start != nullptr)
    previous_start(desc, flags);
  else
    standard_ExecutorStart(desc, flags);
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
  const Nesting before = nesting;
  nesting.own++;
  if (memory == nullptr) memory = PlanSeen(key, desc);
  SampleParameters(key.queryid, desc->params);
  nesting = before;
  return memory;
}

// Of each execution of a statement that runs long, and of one of so many others: it takes a system call.
bool WantsCpuTime(const PlanMemory* memory) {
  static uint32 until_next = kCpuSampling;
  if (memory != nullptr && memory->long_running) return true;
  if (likely(--until_next != 0)) return false;
  until_next = kCpuSampling;
  return true;
}

void ExecutorStart(QueryDesc* desc, int flags) {
  const PlannedStmt* statement = desc->plannedstmt;
  const auto queryid = static_cast<uint64>(statement->queryId);
  Frame* frame = nullptr;
  if (likely(queryid != 0 && Tracked(nesting.exec)))
    frame = PushFrame(FrameKind::kExecution, desc, queryid, nesting.exec == 0);
  if (frame == nullptr) return CallStart(desc, flags);

  store::Execution* execution = &frame->execution;
  TakeLastPlanning(execution);
  if (unlikely(!store::TextSurelyKnown(queryid, false))) MeetSource(queryid, desc);
  execution->origin = pg::OriginOf(statement);
  if (unlikely(nesting.exec > 0)) frame->began_ns = pg::NowNs();
  frame->running = true;  // an error while starting is the statement's failure
  if (unlikely(store::Armed(queryid))) Arm(frame, desc);
  CallStart(desc, flags);
  PlanMemory* memory = PlanMemoryAt(statement);
  if (unlikely(!PlanSurelySeen(memory, statement, queryid, execution->key.userid)))
    memory = MeetPlan(execution->key, desc, nullptr);
  else if (unlikely(settings.capture_parameters))
    memory = MeetPlan(execution->key, desc, memory);
  frame->memory = memory;
  if (likely(memory != nullptr)) {
    execution->planid = memory->planid;
    execution->entry_hint = memory->entry_hint;
  }
  frame->timed_cpu = WantsCpuTime(memory);
  frame->running = false;
}

void CallRun(STEWARD_EXECUTOR_RUN_PARAMETERS) {
  if (previous_run != nullptr)
    previous_run(STEWARD_EXECUTOR_RUN_ARGUMENTS);
  else
    standard_ExecutorRun(STEWARD_EXECUTOR_RUN_ARGUMENTS);
}

void ExecutorRun(STEWARD_EXECUTOR_RUN_PARAMETERS) {
  Frame* frame = FindFrame(desc);
  const Nesting before = nesting;
  nesting.exec++;
  if (likely(frame != nullptr)) StartMeter(frame);
  CallRun(STEWARD_EXECUTOR_RUN_ARGUMENTS);
  if (likely(frame != nullptr)) StopMeter(frame);
  nesting = before;
}

void CallFinish(QueryDesc* desc) {
  if (previous_finish != nullptr)
    previous_finish(desc);
  else
    standard_ExecutorFinish(desc);
}

void ExecutorFinish(QueryDesc* desc) {
  // Of a query that changes nothing there is nothing to finish, and nothing worth metering.
  if (likely(desc->operation == CMD_SELECT && !desc->plannedstmt->hasModifyingCTE)) return CallFinish(desc);
  Frame* frame = FindFrame(desc);
  const Nesting before = nesting;
  nesting.exec++;
  if (frame != nullptr) StartMeter(frame);
  CallFinish(desc);
  if (frame != nullptr) StopMeter(frame);
  nesting = before;
}

pg_noinline void KeepExecution(const store::Execution& execution, QueryDesc* desc) {
  const Nesting before = nesting;
  nesting.own++;
  const double plan_ms = execution.plan_ns != 0 ? static_cast<double>(execution.plan_ns) / 1e6 : -1;
  StatementDone(ExecutionEnd{execution.key, execution.planid, static_cast<double>(execution.exec_ns) / 1e6, plan_ms,
                             execution.rows, &execution.usage, 0, false},
                desc);
  nesting = before;
}

pg_noinline void CountJitted(store::Execution* execution, const EState* state) {
  pg::JitUsage jit;
  store::RecordExecution(execution, pg::ReadJit(state, &jit) ? &jit : nullptr);
}

// A cursor may be opened at one level and closed at another; the planning was at the one where it was opened.
pg_noinline void MoveLevel(store::Execution* execution, bool toplevel) {
  if (execution->count_planning) {
    pg::ResourceUsage none;
    pg::ClearUsage(&none);
    store::RecordPlanning(execution->key, execution->plan_ns, none);
    execution->count_planning = false;
  }
  execution->key.toplevel = toplevel;
}

inline void CountExecution(Frame* frame, QueryDesc* desc) {
  store::Execution* execution = &frame->execution;
  pg::CompleteUsage(&execution->usage);
  if (unlikely(desc->totaltime != nullptr)) pg::ReadMeter(desc, &execution->exec_ns, &execution->usage);
  const bool toplevel = nesting.exec == 0;
  if (unlikely(execution->key.toplevel != toplevel)) MoveLevel(execution, toplevel);
  execution->rows = pg::RowsProcessed(desc->estate);
  if (likely(!pg::UsedJit(desc->estate)))
    store::RecordExecution(execution, nullptr);
  else
    CountJitted(execution, desc->estate);
  if (likely(frame->memory != nullptr)) {
    frame->memory->entry_hint = execution->entry_hint;
    frame->memory->long_running = execution->exec_ns > kLongRunningNs;
  }
  if (unlikely(IsSlow(execution->exec_ns) || frame->armed)) KeepExecution(*execution, desc);
}

void CallEnd(QueryDesc* desc) {
  if (previous_end != nullptr)
    previous_end(desc);
  else
    standard_ExecutorEnd(desc);
}

void ExecutorEnd(QueryDesc* desc) {
  Frame* frame = FindFrame(desc);
  if (likely(frame != nullptr && (nesting.exec == 0 || Tracked(nesting.exec)))) CountExecution(frame, desc);
  CallEnd(desc);
  if (likely(frame != nullptr)) PopFrame(frame);
}

}  // namespace

void InstallExecutorHooks() {
  previous_start = ExecutorStart_hook;
  ExecutorStart_hook = ExecutorStart;
  previous_run = ExecutorRun_hook;
  ExecutorRun_hook = ExecutorRun;
  previous_finish = ExecutorFinish_hook;
  ExecutorFinish_hook = ExecutorFinish;
  previous_end = ExecutorEnd_hook;
  ExecutorEnd_hook = ExecutorEnd;
}

}  // namespace steward::capture
