// See slow_queries.hpp.
#include "store/slow_queries.hpp"

#include "pg/activity.hpp"
#include "store/shmem.hpp"

extern "C" {
#include "mb/pg_wchar.h"
#include "utils/timestamp.h"
}

namespace steward::store {

volatile uint64* arm_marks = nullptr;

namespace {

constexpr double kTokensPerSecond = 20;
constexpr double kMostTokens = 40;
// The ring's plans and parameters may fill this share of the text memory.
constexpr Size kShare = 8;
// So often it is asked for in vain before it goes to another statement: its owner may never run again.
constexpr uint8 kMostRefusals = 4;

struct SlowRegion {
  int64 last_id;
  Size bytes;  // of plans and parameters
  double tokens;
  TimestampTz refilled;
  uint64 mark[kArmMarks];
  uint8 refused[kArmMarks];
  SlowRecord record[kSlowRing];
};

SlowRegion* region = nullptr;

void DropPlan(SlowRecord* record) {
  region->bytes -= HeapLength(record->plan) + HeapLength(record->parameters);
  HeapFree(record->plan);
  HeapFree(record->parameters);
  record->plan = 0;
  record->parameters = 0;
}

// Frees plans from the oldest record on until `needed` bytes fit the share. False when they cannot.
bool MakeRoom(Size needed) {
  const Size share = HeapTotalBytes() / kShare;
  if (needed > share) return false;
  for (int64 id = Max(region->last_id - kSlowRing + 1, 1); id <= region->last_id && region->bytes + needed > share; id++) {
    SlowRecord& record = region->record[id % kSlowRing];
    if (record.id == id) DropPlan(&record);
  }
  return region->bytes + needed <= share;
}

HeapRef Keep(Bytes bytes) {
  if (bytes.data == nullptr || !MakeRoom(bytes.length)) return 0;
  const HeapRef ref = HeapPut(bytes.data, bytes.length);
  region->bytes += HeapLength(ref);
  return ref;
}

bool Matches(const SlowRecord& record, Oid userid, Oid dbid, uint64 queryid) {
  const StatementKey& key = record.execution.key;
  return record.id != 0 && (userid == 0 || key.userid == userid) && (dbid == 0 || key.dbid == dbid) &&
         (queryid == 0 || key.queryid == queryid);
}

// Under the lock, with room for everything.
void FillCopy(SlowCopy* copy) {
  Size at = 0;
  const auto put = [&at, copy](HeapRef ref) {
    const Span span{at, HeapLength(ref)};
    HeapGet(ref, copy->blob + at);
    at += span.length;
    return span;
  };
  memcpy(copy->records, region->record, sizeof(SlowRecord) * kSlowRing);
  for (uint32 i = 0; i < kSlowRing; i++) {
    copy->plans[i] = put(copy->records[i].plan);
    copy->parameters[i] = put(copy->records[i].parameters);
  }
}

}  // namespace

Size SlowRegionSize() { return sizeof(SlowRegion); }

void SlowAttach(void* base, bool init) {
  region = static_cast<SlowRegion*>(base);
  arm_marks = region->mark;
  if (init) region->tokens = kMostTokens;
}

void PutSlow(const SlowExecution& execution, Bytes plan, Bytes parameters) {
  SlowRecord fresh{};
  fresh.execution = execution;
  fresh.pid = MyProcPid;
  fresh.encoding = GetDatabaseEncoding();
  strlcpy(fresh.application_name, application_name != nullptr ? application_name : "", sizeof fresh.application_name);
  strlcpy(fresh.client_addr, pg::OwnClientAddress(), sizeof fresh.client_addr);
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  fresh.id = ++region->last_id;
  SlowRecord& slot = region->record[fresh.id % kSlowRing];
  DropPlan(&slot);
  slot.id = 0;
  fresh.plan = Keep(plan);
  fresh.parameters = Keep(parameters);
  slot = fresh;
  LWLockRelease(Lock());
}

const SlowRecord* SlowByAge(uint32 index) {
  const int64 id = region->last_id - kSlowRing + 1 + index;
  if (id <= 0) return nullptr;
  const SlowRecord& record = region->record[id % kSlowRing];
  return record.id == id ? &record : nullptr;
}

int64 LastSlowId() { return region->last_id; }

void RestoreLastSlowId(int64 id) { region->last_id = id; }

void RestoreSlow(const SlowRecord& saved, Bytes plan, Bytes parameters) {
  SlowRecord& slot = region->record[saved.id % kSlowRing];
  DropPlan(&slot);
  slot = SlowRecord{};
  const HeapRef plan_ref = Keep(plan);
  const HeapRef parameters_ref = Keep(parameters);
  slot = saved;
  slot.plan = plan_ref;
  slot.parameters = parameters_ref;
}

// The statement that came first keeps the mark: were it overwritten, of two that run in turn neither would ever be measured.
void Arm(uint64 queryid) {
  const uint32 i = queryid % kArmMarks;
  if (arm_marks[i] != 0 && arm_marks[i] != queryid && ++region->refused[i] < kMostRefusals) return;
  arm_marks[i] = queryid;
  region->refused[i] = 0;
}

void Disarm(uint64 queryid) {
  if (Armed(queryid)) arm_marks[queryid % kArmMarks] = 0;
}

bool TakeExplainToken() {
  const TimestampTz now = GetCurrentTimestamp();
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  const double passed = static_cast<double>(now - region->refilled) / static_cast<double>(USECS_PER_SEC);
  if (passed > 0) region->tokens = Min(kMostTokens, region->tokens + passed * kTokensPerSecond);
  region->refilled = now;
  const bool taken = region->tokens >= 1;
  if (taken) region->tokens -= 1;
  LWLockRelease(Lock());
  return taken;
}

void ResetSlow(Oid userid, Oid dbid, uint64 queryid) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  for (SlowRecord& record : region->record) {
    if (!Matches(record, userid, dbid, queryid)) continue;
    DropPlan(&record);
    record = SlowRecord{};
  }
  LWLockRelease(Lock());
  if (queryid != 0) return Disarm(queryid);
  if (userid != 0 || dbid != 0) return;
  for (uint32 i = 0; i < kArmMarks; i++) arm_marks[i] = region->refused[i] = 0;
}

SlowCopy CopySlow() {
  SlowCopy copy{};
  copy.records = static_cast<SlowRecord*>(palloc(sizeof(SlowRecord) * kSlowRing));
  copy.plans = static_cast<Span*>(palloc(sizeof(Span) * kSlowRing));
  copy.parameters = static_cast<Span*>(palloc(sizeof(Span) * kSlowRing));
  for (bool done = false; !done;) {
    LWLockAcquire(Lock(), LW_SHARED);
    const Size room = region->bytes + 65536;
    LWLockRelease(Lock());
    copy.blob = static_cast<char*>(palloc_extended(room, MCXT_ALLOC_HUGE));
    LWLockAcquire(Lock(), LW_SHARED);
    done = region->bytes <= room;
    if (done) FillCopy(&copy);
    LWLockRelease(Lock());
    if (!done) pfree(copy.blob);
  }
  return copy;
}

}  // namespace steward::store
