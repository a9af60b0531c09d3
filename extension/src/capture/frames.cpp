// See frames.hpp.
#include "capture/frames.hpp"

extern "C" {
#include "access/xact.h"
#include "storage/ipc.h"
#include "utils/timestamp.h"
}

#include "capture/plan_capture.hpp"
#include "store/slots.hpp"

namespace steward::capture {

Nesting nesting;

namespace {

// Untouched ones cost no memory: about 0.5 kB each where nesting is that deep.
constexpr int kMaxFrames = 1024;

Frame frames[kMaxFrames];
int high_water = 0;  // no frame at or above is used

// The last error that reached the server log; consumed by the abort that follows it.
int last_sqlstate = 0;
emit_log_hook_type previous_emit_log = nullptr;

// Runs inside error reporting: two stores and nothing else.
void NoteError(ErrorData* error) {
  if (error->elevel >= ERROR) last_sqlstate = error->sqlerrcode;
  if (previous_emit_log != nullptr) previous_emit_log(error);
}

bool IsCancel(int sqlstate) {
  return sqlstate == ERRCODE_QUERY_CANCELED || sqlstate == ERRCODE_ADMIN_SHUTDOWN || sqlstate == ERRCODE_CRASH_SHUTDOWN ||
         sqlstate == ERRCODE_CANNOT_CONNECT_NOW;
}

double ElapsedMs(const Frame& frame) {
  if (frame.started_ns != 0) return static_cast<double>(pg::NowNs() - frame.started_ns) / 1e6;
  const int64 us = GetCurrentTimestamp() - GetCurrentStatementStartTimestamp();
  return static_cast<double>(Max(us, 0)) / 1e3;
}

void TellFailure(const Frame& frame) {
  pg::ResourceUsage usage{};
  pg::ReadUnfinishedMeter(frame.meter, &usage);
  ExecutionEnd end{};
  end.key = frame.key;
  end.planid = frame.planid;
  end.exec_time_ms = ElapsedMs(frame);
  end.plan_time_ms = frame.plan_ns != 0 ? static_cast<double>(frame.plan_ns) / 1e6 : -1;
  end.usage = &usage;
  end.sqlstate = last_sqlstate;
  end.canceled = IsCancel(last_sqlstate);
  StatementFailed(end);
}

// An idle cursor that ends with its transaction did not fail: it is forgotten, as in pg_stat_statements.
void EndFrame(Frame* frame) {
  if (frame->running) {
    store::RecordFailure(frame->key, IsCancel(last_sqlstate), last_sqlstate);
    if (frame->kind != FrameKind::kPlanning) TellFailure(*frame);
  }
  PopFrame(frame);
}

// Errors reach the main loop with no portal active and no context callback left. ROLLBACK in a procedure and an exception
// block run inside a portal, or, where the planner or a background worker runs the function, inside its callback.
bool BackAtTopLevel() { return (pg::OutsidePortals() && error_context_stack == nullptr) || proc_exit_inprogress; }

void ResetNesting() {
  if (BackAtTopLevel()) nesting = Nesting{};
  nesting.own = 0;  // capture's own work runs no transaction of its own
  last_sqlstate = 0;
}

void AbortFrames() {
  const bool top = BackAtTopLevel();
  for (int i = high_water - 1; i >= 0; i--) {
    // A procedure that rolls back is still running.
    if (!frames[i].used || (frames[i].kind == FrameKind::kUtility && !top)) continue;
    EndFrame(&frames[i]);
  }
  ResetNesting();
}

// Executions have ended by then, but for those whose error somebody swallowed.
void ForgetStaleFrames() {
  for (int i = high_water - 1; i >= 0; i--)
    if (frames[i].used && frames[i].kind != FrameKind::kUtility) PopFrame(&frames[i]);
}

void AtTransactionEnd(XactEvent event, void*) {
  switch (event) {
    case XACT_EVENT_ABORT:
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

void AtSubtransactionEnd(SubXactEvent event, SubTransactionId own, SubTransactionId parent, void*) {
  if (event == SUBXACT_EVENT_COMMIT_SUB) {
    for (int i = 0; i < high_water; i++)
      if (frames[i].used && frames[i].subxact == own) frames[i].subxact = parent;
  } else if (event == SUBXACT_EVENT_ABORT_SUB) {
    for (int i = high_water - 1; i >= 0; i--)
      if (frames[i].used && frames[i].subxact >= own) EndFrame(&frames[i]);
    ResetNesting();
  }
}

}  // namespace

Frame* PushFrame(FrameKind kind, const QueryDesc* desc, const store::StatementKey& key) {
  int i = high_water;
  if (unlikely(i == kMaxFrames)) {
    for (i = 0; i < kMaxFrames && frames[i].used;) i++;
    if (i == kMaxFrames) {
      if (kind != FrameKind::kPlanning) store::CountLost();  // an execution will follow its planning
      return nullptr;
    }
  } else {
    high_water++;
  }
  Frame* frame = &frames[i];
  *frame = Frame{};
  frame->used = true;
  frame->kind = kind;
  frame->subxact = GetCurrentSubTransactionId();
  frame->desc = desc;
  frame->key = key;
  return frame;
}

Frame* FindFrame(const QueryDesc* desc) {
  for (int i = high_water - 1; i >= 0; i--)
    if (frames[i].desc == desc && frames[i].used) return &frames[i];
  return nullptr;
}

void PopFrame(Frame* frame) {
  if (frame == nullptr) return;
  frame->used = false;
  while (high_water > 0 && !frames[high_water - 1].used) high_water--;
}

void InstallFrameCallbacks() {
  RegisterXactCallback(AtTransactionEnd, nullptr);
  RegisterSubXactCallback(AtSubtransactionEnd, nullptr);
  previous_emit_log = emit_log_hook;
  emit_log_hook = NoteError;
}

}  // namespace steward::capture
