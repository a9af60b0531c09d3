// See transactions.hpp. Every function is C-shaped, allocates nothing and waits for nothing.
#include "capture/transactions.hpp"

extern "C" {
#include "nodes/parsenodes.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/timestamp.h"
}

#include "pg/setting_watch.hpp"
#include "settings.hpp"
#include "store/shmem.hpp"

namespace steward::capture {

ClockPair clocks = {0, 0};
uint64 last_end_ns = 0;

namespace {

// The server's own sum, which it sets back between transactions only, when this one began or the one before it ended.
PgStat_Counter idle_us_before = 0;
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
  ended.xact_ns = TransactionNs(ReadClocks());
  ended.idle_ns = Min(static_cast<uint64>(Max(pgStatTransactionIdleTime - idle_us_before, 0)) * 1000, ended.xact_ns);
  return ended;
}

void ForgetClass() { store::class_entry = nullptr; }

}  // namespace

uint64 ReadClocks() {
  clocks.read_ns = pg::NowNs();
  clocks.offset_ns = clocks.read_ns - static_cast<uint64>(GetCurrentTimestamp()) * 1000;
  if (store::class_entry != nullptr) store::TendClass(store::class_entry);
  if (!Counts()) ForgetClass();
  return clocks.read_ns;
}

void SlowTransactionEnd(XactEvent event) {
  if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE) return;
  if (!Counts()) return ForgetClass();
  const core::Transaction ended = Describe(event);
  idle_us_before = pgStatTransactionIdleTime;
  ends_prepared = false;
  store::ClassEntry* entry = store::FindClass(GetSessionUserId(), application_name != nullptr ? application_name : "");
  if (entry == nullptr) return;
  core::CountTransaction(&entry->counters, ended);
}

void NoteTransactionStatement(const Node* utility) {
  if (!IsA(utility, TransactionStmt)) return;
  const TransactionStmtKind kind = reinterpret_cast<const TransactionStmt*>(utility)->kind;
  ends_prepared = kind == TRANS_STMT_COMMIT_PREPARED || kind == TRANS_STMT_ROLLBACK_PREPARED;
  // Idle time after an error, until ROLLBACK, belongs to no transaction.
  if (!IsTransactionBlock() || IsAbortedTransactionBlockState()) idle_us_before = pgStatTransactionIdleTime;
  ForgetClass();  // a block takes the long way: it may have waited
}

void InstallTransactionClasses() { pg::WatchSessionIdentity(ForgetClass); }

}  // namespace steward::capture
