// The end of a transaction for changes: what it has written is published. Inline as far as one that wrote nothing goes, for the
// callback that every transaction pays for (src/transaction_end.cpp). What a worker of logical replication writes comes without a
// hook that could register it, so there is no waiting for the first change.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "access/xact.h"
#include "storage/proc.h"
}

namespace steward::changes {

/// There may be something to tell when the transaction ends. So it is when a process begins, and in a worker of logical
/// replication: it commits prepared transactions without a command, each in a transaction that writes nothing else.
extern STEWARD_LOCAL bool pending;

/// Of a transaction that may have something to tell.
void PublishAt(XactEvent event);

/// Nothing is written without a transaction id.
inline void BeforeCommit() {
  if (unlikely(pending || TransactionIdIsValid(MyProc->xid))) PublishAt(XACT_EVENT_PRE_COMMIT);
}

/// Whether PublishAt is to be called, at every event but the one before a commit.
[[nodiscard]] inline bool MayHaveWritten(XactEvent event) { return pending || event == XACT_EVENT_PRE_PREPARE; }

}  // namespace steward::changes
