// See subtransaction.hpp.
#include "pg/subtransaction.hpp"

#include "pg/guard.hpp"

extern "C" {
#include "access/xact.h"
#include "utils/resowner.h"
}

namespace steward::pg {

ErrorData* RunInSubtransaction(void (*function)(void*), void* argument, bool keep) {
  MemoryContext context = CurrentMemoryContext;
  ResourceOwner owner = CurrentResourceOwner;
  ErrorData* volatile error = nullptr;

  BeginInternalSubTransaction(nullptr);
  MemoryContextSwitchTo(context);
  PG_TRY();
  {
    error_context_stack = nullptr;  // until PG_END_TRY: functions that call us are not what failed
    function(argument);
  }
  PG_CATCH();
  {
    MemoryContextSwitchTo(context);
    error = CopyErrorData();
    FlushErrorState();
  }
  PG_END_TRY();

  if (error == nullptr && keep)
    ReleaseCurrentSubTransaction();
  else
    RollbackAndReleaseCurrentSubTransaction();
  MemoryContextSwitchTo(context);
  CurrentResourceOwner = owner;
  return error;
}

void LetTravelOn(ErrorData* error) {
  if (error == nullptr || !MustTravelOn(error->sqlerrcode)) return;
  // Any function can raise an error with the SQLSTATE of a cancel; the server's own have a message of their own.
  if (error->message_id == nullptr || strcmp(error->message_id, "%s") == 0) return;
  ReThrowError(error);
}

}  // namespace steward::pg
