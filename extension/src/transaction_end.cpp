// The end of a transaction, for capture and changes: one callback for both, for every transaction of the server pays for each.
#include "transaction_end.hpp"

#include "capture/transaction_end.hpp"
#include "changes/transaction_end.hpp"

namespace steward {

namespace {

pg_noinline void EndOfOthers(XactEvent event) {
  const bool may_have_written = changes::MayHaveWritten(event);
  if (may_have_written) changes::PublishAt(event);
  capture::EndTransaction(event, may_have_written);
}

// Nearly every transaction ends by committing, and most of them have written nothing.
void OnTransaction(XactEvent event, void*) {
  if (event == XACT_EVENT_PRE_COMMIT) return changes::BeforeCommit();
  if (unlikely(event != XACT_EVENT_COMMIT || changes::MayHaveWritten(event))) return EndOfOthers(event);
  capture::EndTransaction(XACT_EVENT_COMMIT, false);
}

}  // namespace

void InstallTransactionCallback() { RegisterXactCallback(OnTransaction, nullptr); }

}  // namespace steward
