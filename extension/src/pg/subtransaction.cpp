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
  { function(argument); }
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
  if (error != nullptr && MustTravelOn(error->sqlerrcode)) ReThrowError(error);
}

}  // namespace steward::pg
