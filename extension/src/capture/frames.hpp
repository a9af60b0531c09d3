// The statements in progress in this backend: a fixed array of plain frames, and the nesting levels. Owns what happens to
// both when a (sub)transaction aborts. A frame copies what it needs; the QueryDesc is compared, never followed, for at
// abort it is freed already. Executors interleave (cursors), so a frame is found by its QueryDesc, not on top of a stack.
#pragma once

#include "pg/clock.hpp"
#include "pg/compat.hpp"
#include "pg/postgres.hpp"
#include "pg/usage.hpp"
#include "store/slots.hpp"

extern "C" {
#include "access/xact.h"
}

namespace steward::capture {

enum class FrameKind : uint8 { kExecution, kUtility };

/// What an execution or a utility statement is at; from kStarting on its hook is on the C stack right now.
enum class Phase : uint8 {
  kFree,      // the frame is not used
  kWaiting,   // between two calls
  kStarting,  // an error is its failure already
  kMetering   // `mark` and `started_ns` hold: inside ExecutorRun or ExecutorFinish, or the utility statement
};

struct PlanMemory;
extern STEWARD_LOCAL PlanMemory any_plan;  // stands for all plans of which nothing is kept

struct Frame {
  const QueryDesc* desc;  // of an execution; null: the frame is not one's
  Phase phase;
  FrameKind kind;
  bool timed_cpu;  // CPU time is measured too
  bool armed;      // instrumented, because an earlier run was slow
  SubTransactionId subxact;
  uint64 began_ns;             // of a nested execution or a utility statement; 0: with the client's message
  uint64 started_ns;           // of the part that is being metered
  uint64 cpu_started;          // where timed_cpu
  PlanMemory* memory;          // what this backend knows of the plan; `any_plan` until the execution has started
  store::Execution execution;  // what was metered of the parts that have ended
  pg::UsageMark mark;
};

/// How deep this backend is in executor and utility calls, in the planner, and in capture's own work, which is not
/// captured. A hook keeps the old value in a local and puts it back; an error at top level resets it. All zero, by far the
/// most common, is told by one comparison; `unsure` belongs to that: it is set where this process may be a parallel worker.
struct Nesting {
  int32 exec;
  int16 plan;
  int8 own;
  bool unsure;
};
extern STEWARD_LOCAL Nesting nesting;

/// All of it in one word, to be put back.
[[nodiscard]] inline uint64 SaveNesting() {
  uint64 all = 0;
  static_assert(sizeof nesting == sizeof all);
  memcpy(&all, &nesting, sizeof all);
  return all;
}
inline void RestoreNesting(uint64 all) { memcpy(&nesting, &all, sizeof all); }

/// Untouched ones cost no memory: about 0.5 kB each where nesting is that deep. The first is nobody's and always used,
/// so that there is a newest one at any time.
inline constexpr int kMaxFrames = 1024;
extern STEWARD_LOCAL Frame frames[kMaxFrames + 1];
extern STEWARD_LOCAL Frame* newest_frame;  // no later one is used

/// A place for a frame when the newest is the last one. Null when there is none, which is counted as lost.
[[nodiscard]] Frame* OlderFreeFrame();

/// The innermost subtransaction.
extern STEWARD_LOCAL SubTransactionId current_subxact;

/// A frame of which nothing was metered yet; null when there is no room. Sets all but what only a finished execution has.
[[nodiscard]] inline Frame* PushFrame(FrameKind kind, const QueryDesc* desc, Oid userid, uint64 queryid) {
  Frame* frame = likely(newest_frame < frames + kMaxFrames) ? ++newest_frame : OlderFreeFrame();
  if (unlikely(frame == nullptr)) return nullptr;
  frame->desc = desc;
  frame->phase = Phase::kStarting;
  frame->kind = kind;
  frame->timed_cpu = frame->armed = false;
  frame->subxact = current_subxact;
  frame->began_ns = 0;
  frame->memory = &any_plan;
  store::Execution* execution = &frame->execution;
  execution->key.userid = userid;
  execution->key.dbid = MyDatabaseId;
  execution->key.queryid = queryid;
  execution->key.toplevel = nesting.exec == 0;
  pg::Clear<4>(&execution->exec_ns);  // and plan_ns, planid, cpu_ns
  execution->count_planning = false;
  pg::StartUsage(&execution->usage);
  return frame;
}
static_assert(offsetof(store::Execution, cpu_ns) == offsetof(store::Execution, exec_ns) + 3 * sizeof(uint64));

/// FindFrame for an execution that is not the newest.
[[nodiscard]] Frame* FindOlderFrame(const QueryDesc* desc);

/// The newest frame of that execution; null when it is not tracked.
[[nodiscard]] inline Frame* FindFrame(const QueryDesc* desc) {
  return likely(newest_frame->desc == desc) ? newest_frame : FindOlderFrame(desc);
}

/// Takes the frames back that are not used and later than all that are.
void ForgetUnusedFrames();

/// Gives a frame back.
inline void PopFrame(Frame* frame) {
  frame->phase = Phase::kFree;
  if (likely(frame == newest_frame && frame[-1].phase != Phase::kFree))
    newest_frame--;
  else
    ForgetUnusedFrames();
}

/// Metering of a part of an execution or of a utility statement: time, and what the server counted meanwhile.
inline void StartMeter(Frame* frame) {
  pg::MarkUsage(&frame->mark, pg::IsTimed(frame->execution.usage));
  frame->phase = Phase::kMetering;
  if (unlikely(frame->timed_cpu)) frame->cpu_started = pg::CpuNs();
  frame->started_ns = pg::NowNs();
}

/// For StopMeter, where more was used than reads of shared blocks.
void AddMeteredUsage(Frame* frame);

inline void StopMeter(Frame* frame) {
  frame->execution.exec_ns += pg::NowNs() - frame->started_ns;
  if (unlikely(frame->timed_cpu)) frame->execution.cpu_ns += pg::CpuNs() - frame->cpu_started;
  frame->phase = Phase::kWaiting;
  if (unlikely(!pg::AddReadsSince(frame->mark, &frame->execution.usage))) AddMeteredUsage(frame);
}

/// A planning in progress, for the case that it fails.
struct Planning {
  store::StatementKey key;
  SubTransactionId subxact;
  pg::UsageMark mark;
};
/// They nest where planning evaluates a function that plans a query; deeper ones are not measured.
inline constexpr int kMaxPlannings = 64;
extern STEWARD_LOCAL Planning plannings[kMaxPlannings];
extern STEWARD_LOCAL Planning* next_planning;  // the first that is not used

/// The planning that ended last: it is counted with the execution that follows at once, or by itself when none does.
struct LastPlanning {
  const PlannedStmt* planned;  // compared, never followed; null: an execution has taken the planning, or none will
  store::StatementKey key;
  uint64 ns;
  bool uncounted;
};
extern STEWARD_LOCAL LastPlanning last_planning;

/// Gives up waiting for an execution that takes the last planning, and counts it if that is still to be done.
void CountLastPlanning();

/// What a transaction leaves behind when it ends: frames of what was running, a planning not counted. See transaction_end.hpp.
pg_noinline void TidyUp(XactEvent event);

/// Registers for ends of subtransactions and for the server log's SQLSTATEs. Call once from _PG_init.
void InstallFrameCallbacks();

}  // namespace steward::capture
