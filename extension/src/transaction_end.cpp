// The end of a transaction, for capture and changes: one callback for both, for every transaction of the server pays for each.
#include "transaction_end.hpp"

#include "capture/transaction_end.hpp"
#include "changes/transaction_end.hpp"

namespace steward {

namespace {

pg_noinline void EndOfWriter(XactEvent event) {
  changes::PublishAt(event);
  capture::EndTransaction(event, true);
}

void OnTransaction(XactEvent event, void*) {
  if (event == XACT_EVENT_PRE_COMMIT) return changes::BeforeCommit();
  if (unlikely(changes::MayHaveWritten(event))) return EndOfWriter(event);
  capture::EndTransaction(event, false);
}

}  // namespace

void InstallTransactionCallback() { RegisterXactCallback(OnTransaction, nullptr); }

}  // namespace steward
