// See worker.hpp. State machine: arrive -> reclaim what a dead worker left -> [pick -> run]* -> linger or leave.
// Between these steps the process holds no transaction, snapshot or lock (RELIABILITY W12).
#include "refresh/worker.hpp"

#include "pg/postgres.hpp"
#include "refresh/job.hpp"
#include "refresh/tables.hpp"
#include "refresh/transaction.hpp"
#include "settings.hpp"
#include "store/refresh_board.hpp"

extern "C" {
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

constexpr core::Micros kAfterDeath = 10 * core::kSecond;
constexpr core::Micros kAfterError = core::kMinute;
constexpr core::Micros kReclaimDelay = core::kSecond;
constexpr int kMostInterruptions = 3;
constexpr core::Micros kHistoryKept = 7 * core::kDay;
constexpr core::Micros kPruneEvery = core::kHour;
constexpr uint64 kPruneBatch = 1000;
constexpr int kMostBatches = 100;
// Each REFRESH makes relations and types whose entries core keeps in a backend's caches for good, about 10 kB (measured
// with CONCURRENTLY on 15, without this library as well); so a worker makes room for a fresh one now and then.
constexpr int kMostJobs = 200;

enum class Step { kRan, kWait, kLeave };

void OnExit(int, Datum argument) {
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

// An error outside of a refresh: the tables could not be read or written. Says so and comes again later.
Step GiveUp(Oid dbid, uint32 posts, const ErrorData* error) {
  ereport(WARNING,
          (errcode(error->sqlerrcode), errmsg("pg_steward cannot look after materialized views: %s", error->message),
           errdetail("It tries again in %d seconds.", static_cast<int>(kAfterError / core::kSecond))));
  const TimestampTz now = GetCurrentTimestamp();
  store::BoardReport(dbid, posts, now + kAfterError, now);
  return Step::kLeave;
}

void HandleSignals() {
  if (ProcDiePending) proc_exit(1);
  // A cancel that came between two refreshes has nothing to cancel.
  QueryCancelPending = false;
  CHECK_FOR_INTERRUPTS();
  if (ConfigReloadPending) {
    ConfigReloadPending = false;
    ProcessConfigFile(PGC_SIGHUP);
  }
}

// Ends what a worker that died left behind. False: leave.
bool Begin(Oid dbid) {
  const uint32 posts = store::BoardPosts(dbid);
  bool present = false;
  ErrorData* error = InTransaction([&present] {
    present = OidIsValid(TablesOwner());
    const TimestampTz now = GetCurrentTimestamp();
    if (present) ReclaimMarks(now, now + kReclaimDelay, kMostInterruptions);
  });
  if (error != nullptr) GiveUp(dbid, posts, error);
  if (!present && error == nullptr) store::BoardReport(dbid, posts, core::kNever, GetCurrentTimestamp());
  return present && error == nullptr;
}

// Trims history now and then, a batch a transaction.
ErrorData* Prune(TimestampTz* next_prune) {
  const TimestampTz now = GetCurrentTimestamp();
  if (now < *next_prune && *next_prune <= now + kPruneEvery) return nullptr;
  *next_prune = now + kPruneEvery;
  uint64 deleted = kPruneBatch;
  ErrorData* error = nullptr;
  for (int batch = 0; batch < kMostBatches && deleted == kPruneBatch && error == nullptr; batch++)
    error = InTransaction([&] { deleted = PruneHistory(now - kHistoryKept, kPruneBatch); });
  return error;
}

// Does the next job if one is due; tells the board what is next otherwise.
Step Next(Oid dbid, const char* track, TimestampTz* next_prune, core::Micros* next_due) {
  const uint32 posts = store::BoardPosts(dbid);
  Job job = {};
  bool present = false;
  bool found = false;
  ErrorData* error = InTransaction([&] {
    present = OidIsValid(TablesOwner());
    if (present) found = ReadNextJob(GetCurrentTimestamp(), &job);
  });
  const TimestampTz now = GetCurrentTimestamp();
  const bool run = error == nullptr && found && job.due <= now;
  if (run) error = RunJob(job, track);
  if (error == nullptr && present) error = Prune(next_prune);
  if (error != nullptr) return GiveUp(dbid, posts, error);
  *next_due = run ? 0 : found ? job.due : core::kNever;
  store::BoardReport(dbid, posts, *next_due, now);
  if (run) return Step::kRan;
  return core::Linger(*next_due, now) ? Step::kWait : Step::kLeave;
}

void WaitUntil(core::Micros due) {
  pgstat_report_activity(STATE_IDLE, nullptr);
  const long ms = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), due);
  WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, Max(ms, 1L), PG_WAIT_EXTENSION);
}

void Visit(Oid dbid, const char* track) {
  MemoryContext context = AllocSetContextCreate(TopMemoryContext, "pg_steward refresh", ALLOCSET_DEFAULT_SIZES);
  TimestampTz next_prune = 0;
  int jobs = 0;
  for (bool stay = true; stay;) {
    MemoryContextReset(context);
    MemoryContextSwitchTo(context);
    ResetLatch(MyLatch);
    HandleSignals();
    core::Micros next_due = core::kNever;
    const Step step = settings.refresh ? Next(dbid, track, &next_prune, &next_due) : Step::kLeave;
    if (step == Step::kRan) jobs++;
    stay = step != Step::kLeave && jobs < kMostJobs && !store::BoardAskedToLeave(dbid);
    if (stay && step == Step::kWait) WaitUntil(next_due);
  }
}

}  // namespace

}  // namespace steward::refresh

STEWARD_EXPORT void steward_refresh_worker_main(Datum argument);

void steward_refresh_worker_main(Datum argument) {
  using namespace steward;
  const Oid dbid = DatumGetObjectId(argument);
  pqsignal(SIGTERM, die);
  pqsignal(SIGINT, StatementCancelHandler);
  pqsignal(SIGHUP, SignalHandlerForConfigReload);
  BackgroundWorkerUnblockSignals();
  if (!store::BoardArrive(dbid, MyLatch)) proc_exit(0);
  before_shmem_exit(refresh::OnExit, ObjectIdGetDatum(dbid));
  BackgroundWorkerInitializeConnectionByOid(dbid, InvalidOid, 0);
  const char* track = refresh::Configure();
  MemoryContext context = AllocSetContextCreate(TopMemoryContext, "pg_steward visit", ALLOCSET_DEFAULT_SIZES);
  MemoryContextSwitchTo(context);
  if (refresh::Begin(dbid)) refresh::Visit(dbid, track);
  proc_exit(0);
}
