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
#include "store/shmem.hpp"
#include "store/slots.hpp"

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

// Whether a statement at this nesting level is tracked. Parallel workers work for their leader, who counts.
bool Tracked(int level) {
  const auto track = static_cast<Track>(settings.track);
  return (track == Track::kAll || (track == Track::kTop && level == 0)) && nesting.own == 0 && !IsParallelWorker() &&
         store::Ready();
}

StatementKey KeyOf(uint64 queryid) { return StatementKey{GetUserId(), MyDatabaseId, queryid, nesting.exec == 0}; }

// PREPARE, EXECUTE and DEALLOCATE count as the statement they handle.
bool HandlesPrepared(const Node* utility) {
  return IsA(utility, ExecuteStmt) || IsA(utility, PrepareStmt) || IsA(utility, DeallocateStmt);
}

// ---- measuring --------------------------------------------------------------------------------------------------------

// Of planning and of utility statements. Executions are metered by the executor itself.
struct Measurement {
  pg::UsageMark mark;
  uint64 elapsed_ns;
  pg::ResourceUsage usage;
};

void StartMeasuring(Frame* frame, Measurement* measurement) {
  pg::MarkUsage(&measurement->mark);
  frame->running = true;
  frame->started_ns = pg::NowNs();
}

void StopMeasuring(Frame* frame, Measurement* measurement) {
  measurement->elapsed_ns = pg::NowNs() - frame->started_ns;
  frame->running = false;
  measurement->usage = pg::ResourceUsage{};
  pg::AddUsageSince(measurement->mark, &measurement->usage);
}

// ---- parse analysis and planning --------------------------------------------------------------------------------------

void PostParseAnalyze(ParseState* state, Query* query, JumbleState* jumble) {
  if (previous_analyze != nullptr) previous_analyze(state, query, jumble);
  if (!Tracked(nesting.exec)) return;
  if (query->utilityStmt != nullptr) {
    // So that the activity view shows the prepared statement's query id, as with pg_stat_statements.
    if (settings.track_utility && HandlesPrepared(query->utilityStmt)) query->queryId = 0;
    return;
  }
  if (query->queryId == 0) return;
  const Nesting before = nesting;
  nesting.own++;
  RememberQuery(static_cast<uint64>(query->queryId),
                StatementSource{state->p_sourcetext, query->stmt_location, query->stmt_len}, query, jumble);
  nesting = before;
}

// The planning that ended last, for the execution that may follow at once.
struct {
  uint64 queryid;
  uint64 ns;
} last_planning;

PlannedStmt* CallPlanner(Query* query, const char* source, int options, ParamListInfo parameters) {
  if (previous_planner != nullptr) return previous_planner(query, source, options, parameters);
  return standard_planner(query, source, options, parameters);
}

PlannedStmt* Planner(Query* query, const char* source, int options, ParamListInfo parameters) {
  const auto queryid = static_cast<uint64>(query->queryId);
  Frame* frame = nullptr;
  if (source != nullptr && queryid != 0 && Tracked(nesting.plan + nesting.exec))
    frame = PushFrame(FrameKind::kPlanning, nullptr, KeyOf(queryid));
  if (frame == nullptr) return CallPlanner(query, source, options, parameters);

  const Nesting before = nesting;
  if (pg::kPlanningNests)
    nesting.exec++;
  else
    nesting.plan++;
  Measurement measurement;
  StartMeasuring(frame, &measurement);
  PlannedStmt* planned = CallPlanner(query, source, options, parameters);
  StopMeasuring(frame, &measurement);
  nesting = before;
  last_planning = {queryid, measurement.elapsed_ns};
  if (settings.track_planning) store::RecordPlanning(frame->key, measurement.elapsed_ns, measurement.usage);
  PopFrame(frame);
  return planned;
}

// ---- executor ---------------------------------------------------------------------------------------------------------

void CallStart(QueryDesc* desc, int flags) {
  if (previous_start != nullptr)
    previous_start(desc, flags);
  else
    standard_ExecutorStart(desc, flags);
}

void ExecutorStart(QueryDesc* desc, int flags) {
  const PlannedStmt* statement = desc->plannedstmt;
  const auto queryid = static_cast<uint64>(statement->queryId);
  Frame* frame = nullptr;
  if (queryid != 0 && Tracked(nesting.exec)) frame = PushFrame(FrameKind::kExecution, desc, KeyOf(queryid));
  if (frame == nullptr) return CallStart(desc, flags);

  RememberSource(queryid, StatementSource{desc->sourceText, statement->stmt_location, statement->stmt_len},
                 desc->params);
  frame->origin = pg::OriginOf(statement);
  if (nesting.exec > 0) frame->started_ns = pg::NowNs();
  if (last_planning.queryid == queryid) frame->plan_ns = last_planning.ns;
  last_planning = {};
  frame->running = true;  // an error while starting is the statement's failure
  desc->instrument_options |= ChooseInstrumentation(queryid);
  CallStart(desc, flags);
  pg::AttachMeter(desc, &frame->meter);
  const Nesting before = nesting;
  nesting.own++;
  frame->planid = PlanSeen(frame->key, desc);
  SampleParameters(queryid, desc->params);
  nesting = before;
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
  if (frame != nullptr) frame->running = true;
  CallRun(STEWARD_EXECUTOR_RUN_ARGUMENTS);
  if (frame != nullptr) frame->running = false;
  nesting = before;
}

void CallFinish(QueryDesc* desc) {
  if (previous_finish != nullptr)
    previous_finish(desc);
  else
    standard_ExecutorFinish(desc);
}

void ExecutorFinish(QueryDesc* desc) {
  Frame* frame = FindFrame(desc);
  const Nesting before = nesting;
  nesting.exec++;
  if (frame != nullptr) frame->running = true;
  CallFinish(desc);
  if (frame != nullptr) frame->running = false;
  nesting = before;
}

void CountExecution(const Frame& frame, QueryDesc* desc) {
  uint64 exec_ns = 0;
  pg::ResourceUsage usage{};
  if (!pg::ReadMeter(desc, &exec_ns, &usage)) return;
  StatementKey key = frame.key;
  key.toplevel = nesting.exec == 0;
  pg::JitUsage jit;
  const bool jitted = pg::ReadJit(desc->estate, &jit);
  const uint64 rows = pg::RowsProcessed(desc->estate);
  store::RecordExecution(key, store::Execution{exec_ns, rows, &usage, jitted ? &jit : nullptr, frame.origin});

  const Nesting before = nesting;
  nesting.own++;
  const double plan_ms = frame.plan_ns != 0 ? static_cast<double>(frame.plan_ns) / 1e6 : -1;
  StatementDone(ExecutionEnd{key, frame.planid, static_cast<double>(exec_ns) / 1e6, plan_ms, rows, &usage, 0, false}, desc);
  nesting = before;
}

void CallEnd(QueryDesc* desc) {
  if (previous_end != nullptr)
    previous_end(desc);
  else
    standard_ExecutorEnd(desc);
}

void ExecutorEnd(QueryDesc* desc) {
  Frame* frame = FindFrame(desc);
  if (frame != nullptr && Tracked(nesting.exec)) CountExecution(*frame, desc);
  CallEnd(desc);
  // Not before: another module may still read the meter.
  PopFrame(frame);
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
void CountUtility(Frame* frame, const Measurement& measurement, const QueryCompletion* qc) {
  const store::Execution execution{measurement.elapsed_ns, UtilityRows(qc), &measurement.usage, nullptr, frame->origin};
  store::RecordExecution(KeyOf(frame->key.queryid), execution);
  UtilityDone(ExecutionEnd{KeyOf(frame->key.queryid), 0, static_cast<double>(measurement.elapsed_ns) / 1e6, -1,
                           execution.rows, &measurement.usage, 0, false});
  PopFrame(frame);
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
    last.key = KeyOf(queryid);
    frame = aborted ? &last : PushFrame(FrameKind::kUtility, nullptr, last.key);
  }
  const Nesting before = nesting;
  if (!aborted) nesting.exec++;
  Measurement measurement;
  if (frame != nullptr) {
    frame->origin = pg::OriginOf(statement);
    frame->origin.generic = frame->origin.custom = false;  // nothing was planned
    StartMeasuring(frame, &measurement);
  }
  CallUtility(statement, source, read_only_tree, context, parameters, environment, receiver, qc);
  if (frame != nullptr) StopMeasuring(frame, &measurement);
  nesting = before;
  if (frame != nullptr) CountUtility(frame, measurement, qc);
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
