// See session_looks.hpp.
#include "store/session_looks.hpp"

#include "pg/sessions.hpp"
#include "store/classes.hpp"
#include "store/shmem.hpp"

extern "C" {
#include "utils/memutils.h"
#include "utils/timestamp.h"
}

namespace steward::store {

namespace {

static_assert(static_cast<int>(pg::SessionState::kIdle) == static_cast<int>(core::SessionState::kIdle) &&
              static_cast<int>(pg::SessionState::kWal) == static_cast<int>(core::SessionState::kWal));

pg::Session* found = nullptr;
int found_count = 0;

void Remember(const pg::Session& session) {
  if (found_count < pg::MostSessions()) found[found_count++] = session;
}

core::SessionSight SightOf(const pg::Session& session) {
  return {core::MakeClassKey(session.dbid, session.userid, session.application_name),
          static_cast<core::SessionState>(session.state), session.locks};
}

}  // namespace

void LookAtSessions() {
  if (found == nullptr)
    found = static_cast<pg::Session*>(
        MemoryContextAllocHuge(TopMemoryContext, static_cast<Size>(pg::MostSessions()) * sizeof(pg::Session)));
  found_count = 0;
  pg::VisitSessions(Remember);
  const TimestampTz now = GetCurrentTimestamp();
  core::ClassLook look{};
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  core::ClassTable* table = ClassesAsDrained();
  for (int i = 0; i < found_count; i++) core::CountSight(table, &look, SightOf(found[i]), now);
  table->looks++;
  LWLockRelease(Lock());
}

}  // namespace steward::store
