// What the server's client sessions are doing at this moment, read past the transaction's copy that pg_stat_activity works on: for
// a process that looks often. Takes no lock; what changes while it is read may be seen before or after.
#pragma once

#include "pg/postgres.hpp"

namespace steward::pg {

/// In the order of core::SessionState.
enum class SessionState : uint8 { kRunning, kLock, kLwlock, kIo, kWal, kClient, kOther, kIdle };

struct Session {
  Oid dbid;
  Oid userid;  // that it connected as
  SessionState state;
  bool locks;  // idle, it holds a lock: an advisory one, for the session
  char application_name[NAMEDATALEN];
};

/// Most sessions that VisitSessions can find.
[[nodiscard]] int MostSessions();

/// Calls `visit` for each session of a client that is connected to a database; those with track_activities off are left out.
void VisitSessions(void (*visit)(const Session& session));

}  // namespace steward::pg
