// The statements in progress in this backend: a fixed array of plain frames, and the nesting levels. Owns what happens to
// both when a (sub)transaction aborts. A frame copies what it needs; the QueryDesc is compared, never followed, for at
// abort it is freed already. Executors interleave (cursors), so a frame is found by its QueryDesc, not on top of a stack.
#pragma once

#include "pg/compat.hpp"
#include "pg/postgres.hpp"
#include "store/statement_key.hpp"

namespace steward::capture {

enum class FrameKind : uint8 { kExecution, kUtility, kPlanning };

struct Frame {
  bool used;
  bool running;  // its hook is on the C stack right now
  FrameKind kind;
  SubTransactionId subxact;
  const QueryDesc* desc;  // of an execution
  store::StatementKey key;
  uint64 started_ns;  // monotonic; 0: with the client's message
  pg::CallOrigin origin;
  uint64 planid;          // 0: unknown
  uint64 plan_ns;         // of the planning right before; 0: none
  Instrumentation meter;  // of an execution; the executor writes to it, unless another module brought one
};

/// How deep this backend is in executor and utility calls, in the planner, and in capture's own work, which is not
/// captured. A hook keeps the old value in a local and puts it back; an error at top level resets it.
struct Nesting {
  int exec;
  int plan;
  int own;
};
extern Nesting nesting;

/// A zeroed frame, or null when the array is full: the statement is then not counted but as lost.
[[nodiscard]] Frame* PushFrame(FrameKind kind, const QueryDesc* desc, const store::StatementKey& key);

/// The newest frame of that execution; null when it is not tracked.
[[nodiscard]] Frame* FindFrame(const QueryDesc* desc);

/// Gives a frame back; null is ignored.
void PopFrame(Frame* frame);

/// Registers for transaction ends and for the server log's SQLSTATEs. Call once from _PG_init.
void InstallFrameCallbacks();

}  // namespace steward::capture
