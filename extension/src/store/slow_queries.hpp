// The last slow executions: a fixed ring in shared memory, the marks of statements whose next run is to be instrumented, and
// the rate limit of EXPLAIN. What counts as slow is capture's business. Functions take store::Lock() themselves, except the
// marks, which are single words read without one.
#pragma once

#include "pg/postgres.hpp"
#include "core/trace_context.hpp"
#include "store/block_heap.hpp"
#include "store/statement_key.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace steward::store {

enum class SlowState : uint8 { kOk, kFailed, kCanceled };

/// A statement's end that was slow, as capture knows it.
struct SlowExecution {
  StatementKey key;
  uint64 planid;  // 0: unknown
  SlowState state;
  bool instrumented;
  int32 sqlstate;  // packed; 0: none
  TimestampTz query_start;
  double exec_time_ms;
  double plan_time_ms;  // negative: unknown
  uint64 rows;
  uint64 shared_blks_hit;
  uint64 shared_blks_read;
  uint64 temp_blks_written;
  uint64 wal_bytes;
  core::TraceId trace;  // empty: none
};

/// The same with who ran it and what was kept of its plan and parameters.
struct SlowRecord {
  SlowExecution execution;
  int64 id;  // 0: no record
  int32 pid;
  int32 encoding;  // of every text in here
  char application_name[NAMEDATALEN];
  char client_addr[NAMEDATALEN];  // empty: not over TCP
  HeapRef plan;
  HeapRef parameters;
};

constexpr uint32 kSlowRing = 1000;

Size SlowRegionSize();
void SlowAttach(void* base, bool init);

/// Adds a record; the oldest goes. A plan that finds no room in the ring's share of the text memory is left out.
void PutSlow(const SlowExecution& execution, Bytes plan, Bytes parameters);

/// Marks a statement so that one next run of it, in any backend, is instrumented. Two statements may share a mark: the first
/// keeps it until it was measured, or until it was asked for in vain some times.
void Arm(uint64 queryid);
inline constexpr uint32 kArmMarks = 1024;
extern STEWARD_LOCAL volatile uint64* arm_marks;
[[nodiscard]] inline bool Armed(uint64 queryid) { return arm_marks[queryid % kArmMarks] == queryid; }
void Disarm(uint64 queryid);

/// For saving, in a process that is alone: the record that is `index` younger than the oldest there may be, null when there is
/// none; and the last id given.
[[nodiscard]] const SlowRecord* SlowByAge(uint32 index);
[[nodiscard]] int64 LastSlowId();

/// What was saved comes back: first the last id, then the records. References in `saved` mean nothing; of `plan` and
/// `parameters` is kept what fits. In a process that is alone.
void RestoreLastSlowId(int64 id);
void RestoreSlow(const SlowRecord& saved, Bytes plan, Bytes parameters);

/// Takes one of the tokens that limit how often plans are explained, over all backends. False when there is none.
[[nodiscard]] bool TakeExplainToken();

/// Forgets slow executions of one user, database or statement, 0 meaning every one; and the marks of that statement, or of all.
void ResetSlow(Oid userid, Oid dbid, uint64 queryid);

/// Where a record's plan or parameters lie in SlowCopy::blob.
struct Span {
  Size offset;
  uint32 length;  // 0: none
};

/// A copy of the ring and, in `blob`, the plans and parameters of its records. Allocated in the current context.
struct SlowCopy {
  SlowRecord* records;  // kSlowRing, in any order, unused ones with id 0
  Span* plans;
  Span* parameters;
  char* blob;
};
[[nodiscard]] SlowCopy CopySlow();

}  // namespace steward::store
