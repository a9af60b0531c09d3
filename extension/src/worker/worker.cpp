// See worker.hpp. State machine: arrive -> [do what is due]* -> linger or leave. Between these steps the
// process holds no transaction, snapshot or lock (RELIABILITY W12).
#include "worker/worker.hpp"

#include "history/visit.hpp"
#include "pg/postgres.hpp"
#include "refresh/visit.hpp"
#include "settings.hpp"
#include "store/change_marks.hpp"
#include "store/visit_board.hpp"

extern "C" {
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/latch.h"
#include "storage/pmsignal.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/timestamp.h"
}

namespace steward::worker {

namespace {

constexpr core::Micros kAfterDeath = 10 * core::kSecond;
constexpr core::Micros kAfterError = core::kMinute;

enum class Next { kAgain, kWait, kLeave };

void OnExit(int, Datum argument) {
  refresh::Leave();
  store::BoardLeave(DatumGetObjectId(argument), GetCurrentTimestamp() + kAfterDeath);
}

// Our own bookkeeping is not part of the workload. Returns pg_steward.track as configured, for the refreshes.
const char* Configure() {
  const char* track = MemoryContextStrdup(TopMemoryContext, GetConfigOption("pg_steward.track", false, false));
  const char* const values[][2] = {{"search_path", "pg_catalog, pg_temp"},
                                   {"statement_timeout", "0"},
                                   {"lock_timeout", "5s"},
                                   {"idle_in_transaction_session_timeout", "0"},
                                   {"default_transaction_isolation", "read committed"},
                                   {"pg_steward.track", "none"}};
  for (const auto& value : values) SetConfigOption(value[0], value[1], PGC_SUSET, PGC_S_OVERRIDE);
  return track;
}

// An error outside of a refresh: the tables could not be read or written. Says so; it is tried again later.
void Complain(const ErrorData* error) {
  ereport(WARNING,
          (errcode(error->sqlerrcode), errmsg("pg_steward cannot look after materialized views: %s", error->message),
           errdetail("It tries again in %d seconds.", static_cast<int>(kAfterError / core::kSecond))));
}

// Of the postmaster's end a wait tells, but a busy worker does not wait.
void HandleSignals() {
  if (ProcDiePending || !PostmasterIsAlive()) proc_exit(1);
  // A cancel that came between two steps has nothing to cancel.
  QueryCancelPending = false;
  CHECK_FOR_INTERRUPTS();
  if (ConfigReloadPending) {
    ConfigReloadPending = false;
    ProcessConfigFile(PGC_SIGHUP);
  }
}

// One step of each kind of work; tells the board what is next. History first, since a refresh may take long.
Next DoDue(Oid dbid, refresh::Visit* visit, core::Micros* next_due) {
  const uint32 posts = store::BoardPosts(dbid);
  core::WorkStep history = {};
  history::DoDue(&history);
  core::WorkStep refresh = {false, core::kNever};
  ErrorData* error = settings.refresh ? refresh::DoDue(visit, &refresh) : nullptr;
  const TimestampTz now = GetCurrentTimestamp();
  if (error != nullptr) {
    Complain(error);
    refresh.next_due = now + kAfterError;
  }
  *next_due = Min(history.next_due, refresh.next_due);
  store::BoardReport(dbid, posts, *next_due, now);
  if (error != nullptr || refresh::HasDoneEnough(*visit)) return Next::kLeave;
  if (refresh.ran) return Next::kAgain;
  return core::Linger(*next_due, now) ? Next::kWait : Next::kLeave;
}

// Changes that are made meanwhile shorten the wait, each to when it wants a visit.
void WaitUntil(Oid dbid, uint32 posts, core::Micros due) {
  pgstat_report_activity(STATE_IDLE, nullptr);
  for (;;) {
    const TimestampTz now = GetCurrentTimestamp();
    const core::Micros until = Min(due, store::WantedVisit());
    if (until <= now || store::BoardPosts(dbid) != posts || store::BoardAskedToLeave(dbid) || ConfigReloadPending) return;
    const long ms = TimestampDifferenceMilliseconds(now, until);
    WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, Max(ms, 1L), PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    if (ProcDiePending) proc_exit(1);
    CHECK_FOR_INTERRUPTS();
  }
}

void Visit(Oid dbid, const char* track) {
  MemoryContext context = AllocSetContextCreate(TopMemoryContext, "pg_steward work", ALLOCSET_DEFAULT_SIZES);
  refresh::Visit visit = {track, false, false, 0, 0, 0, 0};
  for (bool stay = true; stay;) {
    MemoryContextReset(context);
    MemoryContextSwitchTo(context);
    ResetLatch(MyLatch);
    HandleSignals();
    core::Micros next_due = core::kNever;
    const uint32 posts = store::BoardPosts(dbid);
    const Next next = DoDue(dbid, &visit, &next_due);
    stay = next != Next::kLeave && !store::BoardAskedToLeave(dbid);
    if (stay && next == Next::kWait) WaitUntil(dbid, posts, next_due);
  }
  refresh::Leave();
}

}  // namespace

}  // namespace steward::worker

STEWARD_EXPORT void steward_worker_main(Datum argument);

void steward_worker_main(Datum argument) {
  using namespace steward;
  const Oid dbid = DatumGetObjectId(argument);
  pqsignal(SIGTERM, die);
  pqsignal(SIGINT, StatementCancelHandler);
  pqsignal(SIGHUP, SignalHandlerForConfigReload);
  BackgroundWorkerUnblockSignals();
  if (!store::BoardArrive(dbid, MyLatch)) proc_exit(0);
  before_shmem_exit(worker::OnExit, ObjectIdGetDatum(dbid));
  BackgroundWorkerInitializeConnectionByOid(dbid, InvalidOid, 0);
  const char* track = worker::Configure();
  MemoryContext context = AllocSetContextCreate(TopMemoryContext, "pg_steward visit", ALLOCSET_DEFAULT_SIZES);
  MemoryContextSwitchTo(context);
  worker::Visit(dbid, track);
  proc_exit(0);
}
