// See activity.hpp.
#include "pg/activity.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "common/ip.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/backend_status.h"
#include "utils/wait_event.h"
}

namespace steward::pg {

namespace {

void PrintAddress(const SockAddr& address, char* out) {
  out[0] = '\0';
  if (address.addr.ss_family != AF_INET && address.addr.ss_family != AF_INET6) return;
  if (pg_getnameinfo_all(&address.addr, address.salen, out, kAddressSize, nullptr, 0, NI_NUMERICHOST) != 0)
    out[0] = '\0';
  if (char* zone = strchr(out, '%')) *zone = '\0';  // inet has no scope
}

// False for a parallel worker.
bool ReadProcess(int pid, RunningStatement* running) {
  const PGPROC* process = BackendPidGetProc(pid);
  if (process == nullptr) return true;
  const PGPROC* leader = process->lockGroupLeader;
  if (leader != nullptr && leader->pid != pid) return false;
  const uint32 info = *const_cast<const volatile uint32*>(&process->wait_event_info);
  running->wait_event_type = pgstat_get_wait_event_type(info);
  running->wait_event = pgstat_get_wait_event(info);
  return true;
}

}  // namespace

int StatusEntries() { return pgstat_fetch_stat_numbackends(); }

bool ReadRunning(int index, RunningStatement* running) {
  const PgBackendStatus* status = StatusEntryAt(index);
  if (status == nullptr || status->st_procpid == MyProcPid) return false;
  if (status->st_backendType != B_BACKEND && status->st_backendType != B_BG_WORKER) return false;
  if (status->st_state != STATE_RUNNING && status->st_state != STATE_FASTPATH) return false;
  *running = RunningStatement{};
  if (!ReadProcess(status->st_procpid, running)) return false;
  running->pid = status->st_procpid;
  running->userid = status->st_userid;
  running->dbid = status->st_databaseid;
  running->queryid = static_cast<uint64>(status->st_query_id);
  running->started = status->st_activity_start_timestamp;
  running->application_name = status->st_appname;
  running->text = status->st_activity_raw;
  PrintAddress(status->st_clientaddr, running->client_addr);
  return true;
}

const char* OwnClientAddress() {
  static char address[kAddressSize];
  static bool known = false;
  if (!known && MyBEEntry != nullptr) PrintAddress(MyBEEntry->st_clientaddr, address);
  known = true;
  return address;
}

const char* OwnActivityText() {
  return MyBEEntry != nullptr && pgstat_track_activities ? MyBEEntry->st_activity_raw : "";
}

}  // namespace steward::pg
