// The end of a transaction for capture: it counts for its class, and nothing of it stays behind. Inline, for the one callback
// that every transaction pays for (src/transaction_end.cpp).
#pragma once

#include "capture/frames.hpp"
#include "capture/transactions.hpp"

namespace steward::capture {

/// At every event but the one before a commit. `may_have_written` is certain where it is false.
pg_attribute_always_inline void EndTransaction(XactEvent event, bool may_have_written) {
  TransactionEnd(event, may_have_written);
  if (likely(event != XACT_EVENT_ABORT && newest_frame == frames && last_planning.planned == nullptr)) return;
  TidyUp(event);
}

}  // namespace steward::capture
