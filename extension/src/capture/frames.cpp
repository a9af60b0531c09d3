// See frames.hpp.
#include "capture/frames.hpp"

extern "C" {
#include "access/xact.h"
#include "storage/ipc.h"
#include "utils/timestamp.h"
}

#include "capture/plan_capture.hpp"
#include "store/classes.hpp"
#include "store/slots.hpp"

namespace steward::capture {

Nesting nesting = {0, 0, 0, true};
Frame frames[kMaxFrames + 1];
Frame* newest_frame = frames;
SubTransactionId current_subxact = TopSubTransactionId;
Planning plannings[kMaxPlannings];
Planning* next_planning = plannings;
LastPlanning last_planning;

namespace {

// The last error that reached the server log; consumed by the abort that follows it.
int last_sqlstate = 0;
emit_log_hook_type previous_emit_log = nullptr;

// Runs inside error reporting: a few stores and nothing else. A connection that is refused gets no further than here.
void NoteError(ErrorData* error) {
  if (error->elevel >= ERROR) last_sqlstate = error->sqlerrcode;
  if (unlikely(error->sqlerrcode == ERRCODE_TOO_MANY_CONNECTIONS && error->elevel >= FATAL)) store::CountRefusedConnection();
  if (previous_emit_log != nullptr) previous_emit_log(error);
}

bool IsCancel(int sqlstate) {
  return sqlstate == ERRCODE_QUERY_CANCELED || sqlstate == ERRCODE_ADMIN_SHUTDOWN || sqlstate == ERRCODE_CRASH_SHUTDOWN ||
         sqlstate == ERRCODE_CANNOT_CONNECT_NOW;
}

uint64 ElapsedNs(const Frame& frame) {
  if (frame.began_ns != 0) return pg::NowNs() - frame.began_ns;
  const int64 us = GetCurrentTimestamp() - GetCurrentStatementStartTimestamp();
  return static_cast<uint64>(Max(us, 0)) * 1000;
}

void TellFailure(const Frame& frame) {
  const store::Execution& execution = frame.execution;
  pg::ResourceUsage usage = execution.usage;
  if (frame.phase == Phase::kMetering) pg::AddUsageSince(frame.mark, &usage);
  ExecutionEnd end{};
  end.key = execution.key;
  end.planid = execution.planid;
  end.exec_ns = ElapsedNs(frame);
  end.plan_ns = execution.plan_ns;
  end.usage = &usage;
  end.sqlstate = last_sqlstate;
  end.canceled = IsCancel(last_sqlstate);
  StatementFailed(end);
}

// The planning was a success even if the execution was none.
void CountPlanningOf(const Frame& frame) {
  const store::Execution& execution = frame.execution;
  if (execution.count_planning) store::RecordPlanning(execution.key, execution.plan_ns, nullptr);
}

// An idle cursor that ends with its transaction did not fail: it is forgotten, as in pg_stat_statements.
void EndFrame(Frame* frame) {
  CountPlanningOf(*frame);
  if (frame->phase >= Phase::kStarting) {
    store::RecordFailure(frame->execution.key, IsCancel(last_sqlstate), last_sqlstate);
    TellFailure(*frame);
  }
  PopFrame(frame);
}

// Errors reach the main loop with no portal active and no context callback left. ROLLBACK in a procedure and an exception
// block run inside a portal, or, where the planner or a background worker runs the function, inside its callback.
bool BackAtTopLevel() { return (pg::OutsidePortals() && error_context_stack == nullptr) || proc_exit_inprogress; }

void ResetNesting() {
  if (BackAtTopLevel()) nesting.exec = nesting.plan = 0;
  nesting.own = 0;  // capture's own work runs no transaction of its own
  last_sqlstate = 0;
}

// Plannings that began in a subtransaction from `first` on.
void EndPlannings(SubTransactionId first) {
  while (next_planning > plannings && next_planning[-1].subxact >= first) {
    next_planning--;
    store::RecordFailure(next_planning->key, IsCancel(last_sqlstate), last_sqlstate);
  }
}

void AbortFrames() {
  const bool top = BackAtTopLevel();
  EndPlannings(InvalidSubTransactionId);
  for (Frame* frame = newest_frame; frame > frames; frame--) {
    // A procedure that rolls back is still running.
    if (frame->phase == Phase::kFree || (frame->kind == FrameKind::kUtility && !top)) continue;
    EndFrame(frame);
  }
  ResetNesting();
}

// Executions have ended by then, but for those whose error somebody swallowed.
void ForgetStaleFrames() {
  for (Frame* frame = newest_frame; frame > frames; frame--) {
    if (frame->phase == Phase::kFree || frame->kind == FrameKind::kUtility) continue;
    CountPlanningOf(*frame);
    PopFrame(frame);
  }
  next_planning = plannings;
}

}  // namespace

void TidyUp(XactEvent event) {
  CountLastPlanning();
  switch (event) {
    case XACT_EVENT_ABORT:
      current_subxact = TopSubTransactionId;
      AbortFrames();
      break;
    case XACT_EVENT_COMMIT:
    case XACT_EVENT_PREPARE:
      ForgetStaleFrames();
      break;
    default:
      break;
  }
}

namespace {

void AtSubtransaction(SubXactEvent event, SubTransactionId own, SubTransactionId parent, void*) {
  if (event == SUBXACT_EVENT_START_SUB) current_subxact = own;
  if (event == SUBXACT_EVENT_COMMIT_SUB || event == SUBXACT_EVENT_ABORT_SUB) current_subxact = parent;
  if (event == SUBXACT_EVENT_COMMIT_SUB) {
    for (Frame* frame = newest_frame; frame > frames; frame--)
      if (frame->phase != Phase::kFree && frame->subxact == own) frame->subxact = parent;
  } else if (event == SUBXACT_EVENT_ABORT_SUB) {
    EndPlannings(own);
    for (Frame* frame = newest_frame; frame > frames; frame--)
      if (frame->phase != Phase::kFree && frame->subxact >= own) EndFrame(frame);
    ResetNesting();
  }
}

}  // namespace

void AddMeteredUsage(Frame* frame) { pg::AddUsageSince(frame->mark, &frame->execution.usage); }

Frame* OlderFreeFrame() {
  for (int i = 1; i <= kMaxFrames; i++)
    if (frames[i].phase == Phase::kFree) return &frames[i];
  store::CountLost();
  return nullptr;
}

void ForgetUnusedFrames() {
  while (newest_frame > frames && newest_frame->phase == Phase::kFree) newest_frame--;
}

void CountLastPlanning() {
  if (last_planning.planned == nullptr) return;
  last_planning.planned = nullptr;
  if (last_planning.uncounted) store::RecordPlanning(last_planning.key, last_planning.ns, nullptr);
}

Frame* FindOlderFrame(const QueryDesc* desc) {
  for (Frame* frame = newest_frame; frame > frames; frame--)
    if (frame->desc == desc && frame->phase != Phase::kFree) return frame;
  return nullptr;
}

void InstallFrameCallbacks() {
  frames[0].phase = Phase::kWaiting;
  RegisterSubXactCallback(AtSubtransaction, nullptr);
  previous_emit_log = emit_log_hook;
  emit_log_hook = NoteError;
}

}  // namespace steward::capture
