// The end of a transaction for capture: it counts for its class, and nothing of it stays behind. Inline, for the one callback
// that every transaction pays for (src/transaction_end.cpp).
#pragma once

#include "capture/frames.hpp"
#include "capture/transactions.hpp"

namespace steward::capture {

/// At every event but the one before a commit.
pg_attribute_always_inline void EndTransaction(XactEvent event) {
  TransactionEnd(event);
  if (likely(event != XACT_EVENT_ABORT && newest_frame == frames && !last_planning.pending)) return;
  TidyUp(event);
}

}  // namespace steward::capture
