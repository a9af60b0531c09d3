// See sessions.hpp.
#include "pg/sessions.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/backend_status.h"
#include "utils/wait_event.h"
}

namespace steward::pg {

namespace {

constexpr uint32 kClassOfWait = 0xFF000000;
constexpr uint32 kWaitBufferPin = 0x04000000;  // its name changed with 17

bool StartsWith(const char* text, const char* start) { return text != nullptr && pg_strncasecmp(text, start, strlen(start)) == 0; }

// The events' numbers differ between versions, and their names in case: WALSync and WalSync.
bool IsNamed(uint32 wait, const char* start) { return StartsWith(pgstat_get_wait_event(wait), start); }

SessionState StateOfWait(uint32 wait) {
  if (wait == 0) return SessionState::kRunning;
  switch (wait & kClassOfWait) {
    case PG_WAIT_LOCK:
      return SessionState::kLock;
    case PG_WAIT_LWLOCK:
      return IsNamed(wait, "wal") ? SessionState::kWal : SessionState::kLwlock;
    case kWaitBufferPin:
      return SessionState::kLwlock;
    case PG_WAIT_IO:
      return IsNamed(wait, "wal") ? SessionState::kWal : SessionState::kIo;
    case PG_WAIT_IPC:
      return IsNamed(wait, "syncrep") ? SessionState::kWal : SessionState::kOther;
    case PG_WAIT_CLIENT:
      return SessionState::kClient;
    default:
      return SessionState::kOther;
  }
}

bool StateOf(BackendState state, uint32 wait, SessionState* result) {
  switch (state) {
    case STATE_IDLE:
      *result = SessionState::kIdle;
      return true;
    case STATE_IDLEINTRANSACTION:
    case STATE_IDLEINTRANSACTION_ABORTED:
      *result = SessionState::kClient;
      return true;
    case STATE_RUNNING:
    case STATE_FASTPATH:
      *result = StateOfWait(wait);
      return true;
    default:
      return false;
  }
}

// Under the protocol of the server's status entries. False when the entry is not such a session's, or kept changing.
bool ReadStatus(volatile PgBackendStatus* status, const PGPROC* process, int pid, BackendState* state, Session* session) {
  for (int tries = 0; tries < 4; tries++) {
    int before = 0;
    int after = 0;
    pgstat_begin_read_activity(status, before);
    const bool wanted = status->st_procpid == pid && status->st_backendType == B_BACKEND;
    session->dbid = status->st_databaseid;
    session->userid = status->st_userid;
    *state = status->st_state;
    session->locks = *state == STATE_IDLE && HoldsLocks(process);  // while it was idle all the time
    strlcpy(session->application_name, status->st_appname, sizeof session->application_name);
    pgstat_end_read_activity(status, after);
    if (pgstat_read_activity_complete(before, after)) return wanted && OidIsValid(session->dbid);
  }
  return false;
}

}  // namespace

int MostSessions() { return MaxBackends; }

void VisitSessions(void (*visit)(const Session& session)) {
  for (int i = 0; i < MaxBackends; i++) {
    const PGPROC* process = &ProcGlobal->allProcs[i];
    const int pid = *const_cast<const volatile int*>(&process->pid);
    volatile PgBackendStatus* status = pid != 0 ? StatusOf(process) : nullptr;
    Session session{};
    BackendState state = STATE_UNDEFINED;
    if (status == nullptr || !ReadStatus(status, process, pid, &state, &session)) continue;
    const uint32 wait = *const_cast<const volatile uint32*>(&process->wait_event_info);
    if (!StateOf(state, wait, &session.state)) continue;
    visit(session);
  }
}

}  // namespace steward::pg
