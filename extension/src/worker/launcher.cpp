// See launcher.hpp. Which database is next is core/schedule's decision, taken under the board's lock; this file reads
// pg_database, starts workers and notices when one never arrived.
#include "worker/launcher.hpp"

#include "pg/postgres.hpp"
#include "worker/worker.hpp"
#include "pg/clock.hpp"
#include "settings.hpp"
#include "store/change_marks.hpp"
#include "store/drain.hpp"
#include "store/session_looks.hpp"
#include "store/visit_board.hpp"

extern "C" {
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_database.h"
#include "common/pg_prng.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
}

namespace steward::worker {

namespace {

constexpr const char* kLauncherMain = "steward_launcher_main";
constexpr int kRestartSeconds = 10;
constexpr long kTickMs = 1000;
constexpr long kLookMs = 100;  // between looks at sessions, on average
constexpr core::Micros kRetryLaunch = 5 * core::kSecond;
constexpr core::Micros kWarnEvery = core::kMinute;
constexpr int kMostWorkers = 64;  // the upper bound of pg_steward.max_refresh_workers
// Left behind by a DROP DATABASE that was interrupted: nobody may connect.
constexpr int32 kInvalidDatabase = -2;

struct Launch {
  Oid dbid;  // InvalidOid: free
  BackgroundWorkerHandle* handle;
};

struct Launcher {
  MemoryContext context;  // of one tick
  Launch launches[kMostWorkers];
  TimestampTz last_warning;
  bool writable;
  uint64 next_look_ns;  // by pg::SystemNowNs
  uint64 next_tick_ns;
};

Launcher launcher = {};

void Warn(TimestampTz now, const char* message, const char* hint) {
  if (launcher.last_warning != 0 && now >= launcher.last_warning && now - launcher.last_warning < kWarnEvery) return;
  launcher.last_warning = now;
  ereport(WARNING, (errmsg("%s", message), errhint("%s", hint)));
}

// The databases to look after: connectable, no templates (a worker in one would block CREATE DATABASE).
Oid* ReadDatabases(int* count) {
  int room = 64;
  auto* databases = static_cast<Oid*>(palloc(sizeof(Oid) * static_cast<Size>(room)));
  *count = 0;
  Relation relation = table_open(DatabaseRelationId, AccessShareLock);
  TableScanDesc scan = table_beginscan_catalog(relation, 0, nullptr);
  for (HeapTuple tuple; (tuple = heap_getnext(scan, ForwardScanDirection)) != nullptr;) {
    const auto* row = reinterpret_cast<Form_pg_database>(GETSTRUCT(tuple));
    if (!row->datallowconn || row->datistemplate || row->datconnlimit == kInvalidDatabase) continue;
    if (*count == room) {
      room *= 2;
      databases = static_cast<Oid*>(repalloc(databases, sizeof(Oid) * static_cast<Size>(room)));
    }
    databases[(*count)++] = row->oid;
  }
  table_endscan(scan);
  table_close(relation, AccessShareLock);
  return databases;
}

void SyncDatabases(TimestampTz now) {
  if (!store::BoardTakeListChange()) return;
  SetCurrentStatementStartTimestamp();
  StartTransactionCommand();
  (void)GetTransactionSnapshot();
  int count = 0;
  const Oid* databases = ReadDatabases(&count);
  const int homeless = store::BoardSync(databases, count, now);
  store::WatchDatabases(databases, count);
  CommitTransactionCommand();
  MemoryContextSwitchTo(launcher.context);
  if (homeless > 0)
    Warn(now, psprintf("pg_steward cannot look after %d databases", homeless),
         psprintf("It follows at most %d databases.", store::kBoardDatabases));
}

bool Launched(Oid dbid) {
  for (const Launch& launch : launcher.launches)
    if (launch.dbid == dbid) return true;
  return false;
}

// Workers that are gone: one that never arrived gives its database back, unless the next one is on its way there.
void ReapLaunches(TimestampTz now) {
  for (Launch& launch : launcher.launches) {
    pid_t pid = 0;
    if (launch.dbid == InvalidOid || GetBackgroundWorkerPid(launch.handle, &pid) != BGWH_STOPPED) continue;
    const Oid dbid = launch.dbid;
    pfree(launch.handle);
    launch = Launch{InvalidOid, nullptr};
    if (!Launched(dbid)) store::BoardLaunchFailed(dbid, now + kRetryLaunch);
  }
}

bool StartWorker(Oid dbid, Launch* launch) {
  BackgroundWorker worker = {};
  worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
  worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
  worker.bgw_restart_time = BGW_NEVER_RESTART;
  worker.bgw_main_arg = ObjectIdGetDatum(dbid);
  worker.bgw_notify_pid = MyProcPid;
  strlcpy(worker.bgw_library_name, "pg_steward", sizeof worker.bgw_library_name);
  strlcpy(worker.bgw_function_name, kWorkerMain, sizeof worker.bgw_function_name);
  pg_snprintf(worker.bgw_name, sizeof worker.bgw_name, "pg_steward worker for database %u", dbid);
  strlcpy(worker.bgw_type, "pg_steward worker", sizeof worker.bgw_type);
  MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);
  const bool started = RegisterDynamicBackgroundWorker(&worker, &launch->handle);
  MemoryContextSwitchTo(before);
  if (started) launch->dbid = dbid;
  return started;
}

Launch* FreeLaunch() {
  for (Launch& launch : launcher.launches)
    if (launch.dbid == InvalidOid) return &launch;
  return nullptr;
}

void LaunchWorkers(TimestampTz now) {
  for (Launch* launch = FreeLaunch(); launch != nullptr; launch = FreeLaunch()) {
    const Oid dbid = store::BoardNextLaunch(settings.max_refresh_workers, now);
    if (dbid == InvalidOid) return;
    if (StartWorker(dbid, launch)) continue;
    store::BoardLaunchFailed(dbid, now + kRetryLaunch);
    Warn(now, "pg_steward cannot start a worker: no background worker slot is free",
         "Consider raising max_worker_processes, on standbys first.");
    return;
  }
}

// Whether there is anything to send workers for.
bool WorkIsOn() {
  return settings.refresh || settings.history_interval_s > 0;
}

void Tick() {
  store::Drain();
  const TimestampTz now = GetCurrentTimestamp();
  ReapLaunches(now);
  if (RecoveryInProgress()) return;
  if (!launcher.writable) {
    launcher.writable = true;
    store::BoardPostList();
  }
  if (!WorkIsOn()) return;
  SyncDatabases(now);
  if (settings.refresh) store::HastenChangedDatabases();
  LaunchWorkers(now);
}

uint64 MsAsNs(double ms) { return static_cast<uint64>(ms * 1e6); }

// At irregular moments, lest they keep in step with the load.
void LookWhenDue(uint64 now_ns) {
  if (settings.track == static_cast<int>(Track::kNone) || now_ns < launcher.next_look_ns) return;
  store::LookAtSessions();
  launcher.next_look_ns = now_ns + MsAsNs(kLookMs * (0.5 + pg_prng_double(&pg_global_prng_state)));
}

long MillisecondsToTick() {
  const TimestampTz now = GetCurrentTimestamp();
  const core::Micros next = store::BoardNextVisit(now);
  if (next == core::kNever || !launcher.writable || !WorkIsOn()) return kTickMs;
  return Min(kTickMs, Max(TimestampDifferenceMilliseconds(now, next), 1L));
}

void TickWhenDue(uint64 now_ns, bool woken) {
  if (!woken && now_ns < launcher.next_tick_ns) return;
  Tick();
  launcher.next_tick_ns = pg::SystemNowNs() + MsAsNs(static_cast<double>(MillisecondsToTick()));
}

long MillisecondsToWait() {
  uint64 next_ns = launcher.next_tick_ns;
  if (settings.track != static_cast<int>(Track::kNone)) next_ns = Min(next_ns, launcher.next_look_ns);
  const uint64 now_ns = pg::SystemNowNs();
  return next_ns <= now_ns ? 0 : static_cast<long>((next_ns - now_ns + 999'999) / 1'000'000);
}

void HandleSignals() {
  if (ProcDiePending) proc_exit(1);
  CHECK_FOR_INTERRUPTS();
  if (!ConfigReloadPending) return;
  ConfigReloadPending = false;
  const Settings before = settings;
  ProcessConfigFile(PGC_SIGHUP);
  // What workers said of the next visit was said under other settings.
  if (before.refresh != settings.refresh || before.history_interval_s != settings.history_interval_s)
    store::BoardPostAll();
}

}  // namespace

void RegisterLauncher() {
  // pg_upgrade's servers run nothing of ours.
  if (IsBinaryUpgrade) return;
  BackgroundWorker worker = {};
  worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
  worker.bgw_start_time = BgWorkerStart_ConsistentState;
  worker.bgw_restart_time = kRestartSeconds;
  strlcpy(worker.bgw_library_name, "pg_steward", sizeof worker.bgw_library_name);
  strlcpy(worker.bgw_function_name, kLauncherMain, sizeof worker.bgw_function_name);
  strlcpy(worker.bgw_name, "pg_steward launcher", sizeof worker.bgw_name);
  strlcpy(worker.bgw_type, "pg_steward launcher", sizeof worker.bgw_type);
  RegisterBackgroundWorker(&worker);
}

}  // namespace steward::worker

STEWARD_EXPORT void steward_launcher_main(Datum argument);

void steward_launcher_main(Datum) {
  using namespace steward::worker;
  pqsignal(SIGTERM, die);
  pqsignal(SIGHUP, SignalHandlerForConfigReload);
  BackgroundWorkerUnblockSignals();
  // Without a database: shared catalogs can be read, nothing is parked anywhere.
  BackgroundWorkerInitializeConnection(nullptr, nullptr, 0);
  launcher.context = AllocSetContextCreate(TopMemoryContext, "pg_steward launcher", ALLOCSET_DEFAULT_SIZES);
  steward::store::BoardLauncherArrive(MyLatch);
  for (bool woken = true;;) {
    MemoryContextReset(launcher.context);
    MemoryContextSwitchTo(launcher.context);
    ResetLatch(MyLatch);
    HandleSignals();
    const uint64 now_ns = steward::pg::SystemNowNs();
    LookWhenDue(now_ns);
    TickWhenDue(now_ns, woken);
    const int events =
        WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, MillisecondsToWait(), PG_WAIT_EXTENSION);
    woken = (events & WL_LATCH_SET) != 0;
  }
}
