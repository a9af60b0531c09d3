// See protected_call.hpp. The clean-up after an ERROR follows what a subtransaction abort does, less what needs one.
#include "pg/protected_call.hpp"

#include "pg/compat.hpp"
#include "pg/guard.hpp"

extern "C" {
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "storage/condition_variable.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/wait_event.h"
}

namespace steward::pg {

namespace {

int depth = 0;

// What the caller's world looked like, to be put back whatever happened.
struct Surroundings {
  MemoryContext context;
  ResourceOwner owner;
  Snapshot snapshot;
  Oid user;
  int security_context;
  int guc_level;
  uint32 interrupt_holdoff;
  uint32 cancel_holdoff;
};

Surroundings Remember() {
  Surroundings s{};
  s.context = CurrentMemoryContext;
  s.owner = CurrentResourceOwner;
  s.snapshot = ActiveSnapshotSet() ? GetActiveSnapshot() : nullptr;
  GetUserIdAndSecContext(&s.user, &s.security_context);
  s.guc_level = NewGUCNestLevel();
  s.interrupt_holdoff = InterruptHoldoffCount;
  s.cancel_holdoff = QueryCancelHoldoffCount;
  return s;
}

void Release(ResourceOwner owner, bool success) {
  CurrentResourceOwner = owner;
  ResourceOwnerRelease(owner, RESOURCE_RELEASE_BEFORE_LOCKS, success, false);
  ResourceOwnerRelease(owner, RESOURCE_RELEASE_LOCKS, success, false);
  ResourceOwnerRelease(owner, RESOURCE_RELEASE_AFTER_LOCKS, success, false);
}

void DropLeftovers(const Surroundings& s) {
  LWLockReleaseAll();
  ConditionVariableCancelSleep();
  pgstat_report_wait_end();
  AbandonPageRead();
  UnlockBuffers();
  while (ActiveSnapshotSet() && GetActiveSnapshot() != s.snapshot) PopActiveSnapshot();
}

}  // namespace

bool InProtectedCall() { return depth > 0; }

bool RunProtected(void (*function)(void*), void* argument) {
  const Surroundings before = Remember();
  // Made inside as well: where memory is short that is an error already.
  ResourceOwner volatile owner = nullptr;
  MemoryContext volatile context = nullptr;
  volatile bool success = false;
  ErrorData* volatile swallowed = nullptr;
  const int before_depth = depth++;

  PG_TRY();
  {
    owner = ResourceOwnerCreate(before.owner, "pg_steward protected call");
    context = AllocSetContextCreate(before.context, "pg_steward protected call", ALLOCSET_DEFAULT_SIZES);
    CurrentResourceOwner = owner;
    MemoryContextSwitchTo(context);
    function(argument);
    success = true;
  }
  PG_CATCH();
  {
    depth = before_depth;
    if (MustTravelOn(geterrcode())) {
      CurrentResourceOwner = before.owner;
      PG_RE_THROW();
    }
    HOLD_INTERRUPTS();
    if (context != nullptr && message_level_is_interesting(DEBUG1)) {
      MemoryContextSwitchTo(context);
      swallowed = CopyErrorData();
    }
    FlushErrorState();
    DropLeftovers(before);
    SetUserIdAndSecContext(before.user, before.security_context);
  }
  PG_END_TRY();

  depth = before_depth;
  if (owner != nullptr) Release(owner, success);
  CurrentResourceOwner = before.owner;
  if (owner != nullptr) ResourceOwnerDelete(owner);
  AtEOXact_GUC(success, before.guc_level);
  MemoryContextSwitchTo(before.context);
  if (swallowed != nullptr) elog(DEBUG1, "pg_steward dropped a sample: %s", swallowed->message);
  if (context != nullptr) MemoryContextDelete(context);
  InterruptHoldoffCount = before.interrupt_holdoff;
  QueryCancelHoldoffCount = before.cancel_holdoff;
  return success;
}

}  // namespace steward::pg
