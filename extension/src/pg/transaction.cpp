// See transaction.hpp.
#include "pg/transaction.hpp"

#include "pg/guard.hpp"
#include "pg/spi.hpp"

extern "C" {
#include "access/xact.h"
#include "pgstat.h"
#include "utils/snapmgr.h"
}

namespace steward::pg {

namespace {

struct Work {
  void (*function)(void*);
  void* argument;
};

void Transact(void* p) {
  auto* work = static_cast<Work*>(p);
  SetCurrentStatementStartTimestamp();
  StartTransactionCommand();
  PushActiveSnapshot(GetTransactionSnapshot());
  pg::SpiOpen();
  work->function(work->argument);
  pg::SpiClose();
  PopActiveSnapshot();
  CommitTransactionCommand();
}

}  // namespace

ErrorData* RunInTransaction(void (*function)(void*), void* argument) {
  MemoryContext caller = CurrentMemoryContext;
  Work work{function, argument};
  ErrorData* error = pg::TryCall(Transact, &work);
  if (error != nullptr) AbortCurrentTransaction();
  MemoryContextSwitchTo(caller);
  pgstat_report_stat(true);
  return error;
}

}  // namespace steward::pg
