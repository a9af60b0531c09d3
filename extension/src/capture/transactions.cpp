// See transactions.hpp. Every function is C-shaped, allocates nothing and waits for nothing.
#include "capture/transactions.hpp"

extern "C" {
#include "nodes/parsenodes.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/timestamp.h"
}

#include "capture/session_features.hpp"
#include "pg/setting_watch.hpp"
#include "settings.hpp"
#include "store/shmem.hpp"

namespace steward::capture {

ClockPair clocks = {0, 0};
uint64 last_end_ns = 0;

namespace {

// The server's own sum, which it sets back between transactions only, when this one began or the one before it ended.
PgStat_Counter idle_us_before = 0;
// CPU time of this process that was counted already, and when. Counting takes a system call.
uint64 cpu_counted_ns = 0;
uint64 cpu_counted_at_ns = 0;
bool cpu_uncounted = false;  // nothing was counted for a while, and nobody is charged with it
constexpr uint64 kCpuCountedEveryNs = 20'000'000;
// The same of the time in which it waited for a processor.
uint64 core_wait_counted_ns = 0;
uint64 core_wait_counted_at_ns = 0;
// What this session uses that a class has not been told of yet.
uint64 features = 0;
// COMMIT PREPARED needs no snapshot but ends somebody's work.
bool ends_prepared = false;

// Clients only: no parallel or background workers, and not the transaction in which a session is set up.
bool Counts() {
  return MyBackendType == B_BACKEND && IsNormalProcessingMode() && store::Ready() &&
         settings.track != static_cast<int>(Track::kNone);
}

// The main loop forgets the statement before it aborts the transaction of an error; ROLLBACK runs as a statement.
bool IsFailure() { return debug_query_string == nullptr || proc_exit_inprogress; }

// A lone statement that needs no snapshot and writes nothing: SET, SHOW, LISTEN. A pooler sends one whenever a connection
// changes hands, and as transactions they would double the arrivals.
bool IsSessionCommand() {
  return !ends_prepared && !FirstSnapshotSet && !IsTransactionBlock() &&
         !TransactionIdIsValid(GetTopTransactionIdIfAny());
}

core::Transaction Describe(XactEvent event) {
  core::Transaction ended{};
  ended.committed = event != XACT_EVENT_ABORT;
  ended.failed = !ended.committed && IsFailure();
  ended.session_command = ended.committed && IsSessionCommand();
  ended.xact_ns = TransactionNs(GetCurrentTransactionStartTimestamp(), ReadClocks());
  ended.wrote = ended.committed && TransactionIdIsValid(GetTopTransactionIdIfAny());
  ended.idle_ns = Min(static_cast<uint64>(Max(pgStatTransactionIdleTime - idle_us_before, 0)) * 1000, ended.xact_ns);
  return ended;
}

void ForgetClass() { store::class_entry = nullptr; }

void CountCoreWait(core::ClassCounters* counters) {
  uint64 wait_ns = 0;
  if (!pg::ReadCoreWait(&wait_ns)) return;
  if (!cpu_uncounted) counters->count[core::kClassCoreWaitNs] += wait_ns - core_wait_counted_ns;
  core_wait_counted_ns = wait_ns;
  core_wait_counted_at_ns = clocks.read_ns;
}

// The wait costs more to read, and is counted less often but where it is for the last time, or for the first.
void CountCpu(core::ClassCounters* counters, bool last = false) {
  if (last || cpu_uncounted || clocks.read_ns - core_wait_counted_at_ns > kCpuCountedEveryNs) CountCoreWait(counters);
  const uint64 cpu_ns = pg::CpuNs();
  if (!cpu_uncounted) counters->count[core::kClassCpuNs] += cpu_ns - cpu_counted_ns;
  cpu_uncounted = false;
  cpu_counted_ns = cpu_ns;
  cpu_counted_at_ns = clocks.read_ns;
}

// What the session has used so far was for the class it leaves.
void ChangeClass() {
  if (store::class_entry != nullptr) {
    CountCpu(&store::class_entry->counters, true);
    core::CloseTransaction(&store::class_entry->counters, core::kNoDuration);
  }
  ForgetClass();
}

store::ClassEntry* OwnClass() {
  return store::FindClass(GetSessionUserId(), application_name != nullptr ? application_name : "");
}

void AtExit(int, Datum) {
  if (Counts() && OwnClass() != nullptr) ChangeClass();
}

void StopCounting() {
  cpu_uncounted = true;
  ForgetClass();
}

}  // namespace

uint64 ReadClocks() {
  clocks.read_ns = pg::NowNs();
  clocks.offset_ns = clocks.read_ns - static_cast<uint64>(GetCurrentTimestamp()) * 1000;
  if (store::class_entry != nullptr) {
    store::TendClass(store::class_entry);
    CountCpu(&store::class_entry->counters);
  }
  if (!Counts()) StopCounting();
  return clocks.read_ns;
}

void SlowTransactionEnd(XactEvent event) {
  if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE) return;
  if (!Counts()) return StopCounting();
  const core::Transaction ended = Describe(event);
  idle_us_before = pgStatTransactionIdleTime;
  ends_prepared = false;
  store::ClassEntry* entry = OwnClass();
  if (entry == nullptr) return;
  static bool registered = false;
  if (!registered) before_shmem_exit(AtExit, Datum{0});
  registered = true;
  if (clocks.read_ns - cpu_counted_at_ns > kCpuCountedEveryNs) CountCpu(&entry->counters);
  entry->counters.features |= features;
  features = 0;
  core::CountTransaction(&entry->counters, ended);
}

void NoteUtility(const Node* utility) {
  if (!IsA(utility, TransactionStmt)) {
    const uint32 feature = FeatureOf(utility);
    features |= feature;
    if (feature != 0) ForgetClass();  // the long way tells of it
    return;
  }
  const TransactionStmtKind kind = reinterpret_cast<const TransactionStmt*>(utility)->kind;
  ends_prepared = kind == TRANS_STMT_COMMIT_PREPARED || kind == TRANS_STMT_ROLLBACK_PREPARED;
  // Idle time after an error, until ROLLBACK, belongs to no transaction.
  if (!IsTransactionBlock() || IsAbortedTransactionBlockState()) idle_us_before = pgStatTransactionIdleTime;
  ForgetClass();  // a block takes the long way: it may have waited
}

void InstallTransactionClasses() { pg::WatchSessionIdentity(ChangeClass); }

}  // namespace steward::capture
