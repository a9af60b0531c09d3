// See database_ddl.hpp.
#include "worker/database_ddl.hpp"

#include <csignal>

#include "pg/postgres.hpp"
#include "settings.hpp"
#include "store/posts.hpp"
#include "store/visit_board.hpp"
#include "store/shmem.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/xlog.h"
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "nodes/parsenodes.h"
#include "storage/latch.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"
}

namespace steward::worker {

namespace {

constexpr long kPollMs = 20;
// An idle worker leaves at once; one in the middle of a refresh is told to end it after this.
constexpr int kPatienceMs = 300;
// Longer than core itself waits for others to leave.
constexpr int kGiveUpMs = 10000;

ProcessUtility_hook_type previous_hook = nullptr;

// Only who may change the database may move its worker; everybody else gets core's error.
bool MayChange(Oid dbid) {
  HeapTuple tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(dbid));
  if (!HeapTupleIsValid(tuple)) return false;
  const Oid owner = reinterpret_cast<Form_pg_database>(GETSTRUCT(tuple))->datdba;
  ReleaseSysCache(tuple);
  return has_privs_of_role(GetUserId(), owner);
}

void Pause() {
  (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, kPollMs, PG_WAIT_EXTENSION);
  ResetLatch(MyLatch);
  CHECK_FOR_INTERRUPTS();
}

void MakeRoom(const char* name) {
  if (name == nullptr) return;
  const Oid dbid = get_database_oid(name, true);
  if (!OidIsValid(dbid) || !MayChange(dbid)) return;
  store::HoldUntilEnd(dbid);
  bool told = false;
  const TimestampTz start = GetCurrentTimestamp();
  for (int32 pid = store::BoardWorker(dbid); pid != 0; pid = store::BoardWorker(dbid)) {
    const TimestampTz now = GetCurrentTimestamp();
    if (TimestampDifferenceExceeds(start, now, kGiveUpMs)) return;
    if (!told && pid > 0 && TimestampDifferenceExceeds(start, now, kPatienceMs)) {
      kill(pid, SIGTERM);
      told = true;
    }
    Pause();
  }
}

const char* StringOption(List* options, const char* name) {
  ListCell* cell;
  foreach (cell, options) {
    auto* option = static_cast<DefElem*>(lfirst(cell));
    if (strcmp(option->defname, name) == 0 && option->arg != nullptr) return defGetString(option);
  }
  return nullptr;
}

// On a board that is full the database goes without a visit, as with a schedule.
void PostExtension(const char* name) {
  if (strcmp(name, "pg_steward") == 0 && settings.history_interval_s > 0) (void)store::PostAtCommit();
}

void Prepare(Node* command) {
  switch (nodeTag(command)) {
    case T_DropdbStmt:
      MakeRoom(reinterpret_cast<DropdbStmt*>(command)->dbname);
      store::PostListAtCommit();
      break;
    case T_RenameStmt:
      if (reinterpret_cast<RenameStmt*>(command)->renameType == OBJECT_DATABASE)
        MakeRoom(reinterpret_cast<RenameStmt*>(command)->subname);
      break;
    case T_AlterDatabaseStmt:
      if (StringOption(reinterpret_cast<AlterDatabaseStmt*>(command)->options, "tablespace") != nullptr)
        MakeRoom(reinterpret_cast<AlterDatabaseStmt*>(command)->dbname);
      store::PostListAtCommit();
      break;
    case T_CreatedbStmt:
      MakeRoom(StringOption(reinterpret_cast<CreatedbStmt*>(command)->options, "template"));
      store::PostListAtCommit();
      break;
    // From the commit on there is history to write.
    case T_CreateExtensionStmt:
      PostExtension(reinterpret_cast<CreateExtensionStmt*>(command)->extname);
      break;
    case T_AlterExtensionStmt:
      PostExtension(reinterpret_cast<AlterExtensionStmt*>(command)->extname);
      break;
    default:
      break;
  }
}

void OnUtility(PlannedStmt* statement, const char* query, bool read_only_tree, ProcessUtilityContext context,
               ParamListInfo params, QueryEnvironment* environment, DestReceiver* receiver,
               QueryCompletion* completion) {
  if (store::Ready() && !RecoveryInProgress()) Prepare(statement->utilityStmt);
  auto* next = previous_hook != nullptr ? previous_hook : standard_ProcessUtility;
  next(statement, query, read_only_tree, context, params, environment, receiver, completion);
}

}  // namespace

void InstallDatabaseHook() {
  previous_hook = ProcessUtility_hook;
  ProcessUtility_hook = OnUtility;
}

}  // namespace steward::worker
