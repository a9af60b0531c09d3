// The longjmp half of the boundary. See guard.hpp.
#include "pg/guard.hpp"

namespace steward::pg {

ErrorData* TryCall(void (*function)(void*), void* argument) {
  MemoryContext caller = CurrentMemoryContext;
  ErrorData* volatile error = nullptr;
  PG_TRY();
  { function(argument); }
  PG_CATCH();
  {
    MemoryContextSwitchTo(caller);
    error = CopyErrorData();
    FlushErrorState();
  }
  PG_END_TRY();
  return error;
}

bool MustTravelOn(int sqlstate) {
  return sqlstate == ERRCODE_QUERY_CANCELED || sqlstate == ERRCODE_ADMIN_SHUTDOWN || sqlstate == ERRCODE_CRASH_SHUTDOWN ||
         sqlstate == ERRCODE_IDLE_SESSION_TIMEOUT || sqlstate == ERRCODE_IDLE_IN_TRANSACTION_SESSION_TIMEOUT;
}

void Raise(ErrorData* error, const char* message, bool out_of_memory) {
  if (error != nullptr) ReThrowError(error);
  if (out_of_memory) ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
  ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("%s", message)));
  pg_unreachable();
}

}  // namespace steward::pg
