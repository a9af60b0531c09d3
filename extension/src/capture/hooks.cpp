// The hooks: when a statement is seen, when it is measured, when it is counted. Execution time is ExecutorRun plus
// ExecutorFinish, as the executor's own meter has it, and what counts at which level follows pg_stat_statements. Hot hooks:
// plain locals, no allocation.
#include "capture/hooks.hpp"

#include "pg/postgres.hpp"

extern "C" {
#include "access/parallel.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "optimizer/planner.h"
#include "parser/analyze.h"
#include "tcop/utility.h"
}

#include "capture/frames.hpp"
#include "capture/plan_capture.hpp"
#include "capture/query_text.hpp"
#include "capture/samples.hpp"
#include "pg/compat.hpp"
#include "settings.hpp"
#include "store/slots.hpp"
#include "store/slow_queries.hpp"
#include "store/texts.hpp"

namespace steward::capture {

namespace {

using store::StatementKey;

post_parse_analyze_hook_type previous_analyze = nullptr;
planner_hook_type previous_planner = nullptr;
ExecutorStart_hook_type previous_start = nullptr;
ExecutorRun_hook_type previous_run = nullptr;
ExecutorFinish_hook_type previous_finish = nullptr;
ExecutorEnd_hook_type previous_end = nullptr;
ProcessUtility_hook_type previous_utility = nullptr;

pg_noinline bool TrackedWithin(int level) {
  const auto track = static_cast<Track>(settings.track);
  return (level == 0 ? track != Track::kNone : track == Track::kAll) && nesting.own == 0;
}

// Whether a statement at this nesting level is tracked. Parallel workers work for their leader, who counts.
inline bool Tracked(int level) {
  uint64 all = 0;
  static_assert(sizeof nesting == sizeof all);
  memcpy(&all, &nesting, sizeof all);
  if (unlikely(IsParallelWorker())) return false;
  return likely(all == 0) ? settings.track != static_cast<int>(Track::kNone) : TrackedWithin(level);
}

// CPU time is measured of what runs longer than this, and of one execution of so many others.
constexpr uint64 kLongRunningNs = 1000000;
constexpr uint32 kCpuSampling = 64;

StatementKey KeyOf(uint64 queryid) { return StatementKey{GetUserId(), MyDatabaseId, queryid, nesting.exec == 0}; }

// PREPARE, EXECUTE and DEALLOCATE count as the statement they handle.
bool HandlesPrepared(const Node* utility) {
  return IsA(utility, ExecuteStmt) || IsA(utility, PrepareStmt) || IsA(utility, DeallocateStmt);
}

// ---- parse analysis and planning --------------------------------------------------------------------------------------

pg_noinline void MeetText(const ParseState* state, const Query* query, const JumbleState* jumble) {
  const Nesting before = nesting;
  nesting.own++;
  RememberQuery(static_cast<uint64>(query->queryId),
                StatementSource{state->p_sourcetext, query->stmt_location, query->stmt_len}, query, jumble);
  nesting = before;
}

void PostParseAnalyze(ParseState* state, Query* query, JumbleState* jumble) {
  if (unlikely(previous_analyze != nullptr)) previous_analyze(state, query, jumble);
  if (unlikely(!Tracked(nesting.exec))) return;
  if (query->utilityStmt != nullptr) {
    // So that the activity view shows the prepared statement's query id, as with pg_stat_statements.
    if (settings.track_utility && HandlesPrepared(query->utilityStmt)) query->queryId = 0;
    return;
  }
  const auto queryid = static_cast<uint64>(query->queryId);
  if (likely(store::TextSurelyKnown(queryid, true) && !settings.capture_parameters) || queryid == 0) return;
  MeetText(state, query, jumble);
}

PlannedStmt* CallPlanner(Query* query, const char* source, int options, ParamListInfo parameters) {
  if (previous_planner != nullptr) return previous_planner(query, source, options, parameters);
  return standard_planner(query, source, options, parameters);
}

pg_noinline void CountReading(const Planning& planning, uint64 ns) {
  last_planning.pending = false;
  pg::ResourceUsage usage;
  pg::StartUsage(&usage);
  pg::AddUsageSince(planning.mark, &usage);
  store::RecordPlanning(planning.key, ns, usage);
}

// Counted with the execution that follows, unless it read blocks: as a rule the catalog caches have everything.
inline void PlanningDone(const Planning& planning, uint64 ns) {
  if (unlikely(last_planning.pending)) CountLastPlanning();
  last_planning = LastPlanning{planning.key, ns, settings.track_planning};
  if (unlikely(pg::ReadSince(planning.mark)) && settings.track_planning) CountReading(planning, ns);
}

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

PlannedStmt* Planner(Query* query, const char* source, int options, ParamListInfo parameters) {
  const auto queryid = static_cast<uint64>(query->queryId);
  if (unlikely(source == nullptr || queryid == 0 || !Tracked(nesting.plan + nesting.exec) ||
               next_planning == plannings + kMaxPlannings))
    return CallPlanner(query, source, options, parameters);

  Planning* planning = next_planning++;
  planning->key = KeyOf(queryid);
  planning->subxact = current_subxact;
  pg::MarkUsage(&planning->mark, track_io_timing);
  const Nesting before = nesting;
  if (pg::kPlanningNests)
    nesting.exec++;
  else
    nesting.plan++;
  const uint64 began_ns = pg::NowNs();
  PlannedStmt* planned = CallPlanner(query, source, options, parameters);
  const uint64 ns = pg::NowNs() - began_ns;
  nesting = before;
  next_planning = planning;
  PlanningDone(*planning, ns);
  return planned;
}

// ---- executor ---------------------------------------------------------------------------------------------------------

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

// ---- utility statements -----------------------------------------------------------------------------------------------

void CallUtility(PlannedStmt* statement, const char* source, bool read_only_tree, ProcessUtilityContext context,
                 ParamListInfo parameters, QueryEnvironment* environment, DestReceiver* receiver, QueryCompletion* qc) {
  if (previous_utility != nullptr)
    previous_utility(statement, source, read_only_tree, context, parameters, environment, receiver, qc);
  else
    standard_ProcessUtility(statement, source, read_only_tree, context, parameters, environment, receiver, qc);
}

// Rows of the commands that return or move rows; the others' are not rows of a table.
uint64 UtilityRows(const QueryCompletion* qc) {
  if (qc == nullptr) return 0;
  switch (qc->commandTag) {
    case CMDTAG_COPY:
    case CMDTAG_FETCH:
    case CMDTAG_SELECT:
    case CMDTAG_REFRESH_MATERIALIZED_VIEW:
      return qc->nprocessed;
    default:
      return 0;
  }
}

// After the call neither the statement nor the parse tree may be touched: ROLLBACK frees them.
void CountUtility(Frame* frame, const QueryCompletion* qc) {
  store::Execution* execution = &frame->execution;
  execution->key = KeyOf(execution->key.queryid);
  execution->rows = UtilityRows(qc);
  store::RecordExecution(execution, nullptr);
  UtilityDone(ExecutionEnd{execution->key, 0, static_cast<double>(execution->exec_ns) / 1e6, -1, execution->rows,
                           &execution->usage, 0, false});
}

void ProcessUtility(PlannedStmt* statement, const char* source, bool read_only_tree, ProcessUtilityContext context,
                    ParamListInfo parameters, QueryEnvironment* environment, DestReceiver* receiver,
                    QueryCompletion* qc) {
  Node* utility = statement->utilityStmt;
  if (!settings.track_utility || !Tracked(nesting.exec) || HandlesPrepared(utility))
    return CallUtility(statement, source, read_only_tree, context, parameters, environment, receiver, qc);

  auto queryid = static_cast<uint64>(statement->queryId);
  // pg_stat_statements, where it comes first, clears the id so that the executor hooks ignore what runs inside.
  if (queryid == 0) queryid = pg::UtilityQueryId(statement, source);
  // In a failed transaction only its end is allowed. It runs nothing, and when it fails no abort follows that would tidy up.
  const bool aborted = IsAbortedTransactionBlockState();
  Frame last{};
  Frame* frame = nullptr;
  if (queryid != 0) {
    RememberUtility(queryid, StatementSource{source, statement->stmt_location, statement->stmt_len}, utility);
    last.execution.key = KeyOf(queryid);
    pg::StartUsage(&last.execution.usage);
    frame = aborted ? &last : PushFrame(FrameKind::kUtility, nullptr, queryid, nesting.exec == 0);
  }
  const Nesting before = nesting;
  if (!aborted) nesting.exec++;
  if (frame != nullptr) {
    frame->execution.origin = pg::OriginOf(statement);
    StartMeter(frame);
    frame->began_ns = frame->started_ns;
  }
  CallUtility(statement, source, read_only_tree, context, parameters, environment, receiver, qc);
  if (frame != nullptr) StopMeter(frame);
  nesting = before;
  if (unlikely(last_planning.pending)) CountLastPlanning();  // of EXPLAIN, of a cursor
  if (frame == nullptr) return;
  CountUtility(frame, qc);
  if (!aborted) PopFrame(frame);
}

}  // namespace

void InstallHooks() {
  EnableQueryId();
  InstallFrameCallbacks();
  previous_analyze = post_parse_analyze_hook;
  post_parse_analyze_hook = PostParseAnalyze;
  previous_planner = planner_hook;
  planner_hook = Planner;
  previous_start = ExecutorStart_hook;
  ExecutorStart_hook = ExecutorStart;
  previous_run = ExecutorRun_hook;
  ExecutorRun_hook = ExecutorRun;
  previous_finish = ExecutorFinish_hook;
  ExecutorFinish_hook = ExecutorFinish;
  previous_end = ExecutorEnd_hook;
  ExecutorEnd_hook = ExecutorEnd;
  previous_utility = ProcessUtility_hook;
  ProcessUtility_hook = ProcessUtility;
}

}  // namespace steward::capture
