// The objects that the current transaction has changed, published when it ends. Owns the list and the callbacks; who adds to
// it is in the hook files beside it, who reads what is published is refresh. Independent of pg_steward.track: this is
// what freshness rests on.
//
// Every function is C-shaped, allocates nothing and waits for nothing.
#pragma once

#include "pg/postgres.hpp"

namespace steward::changes {

/// The object's content or definition is changed by the current transaction. A savepoint rolled back leaves it noted:
/// that costs a refresh too many at most.
void NoteChange(Oid oid);

/// Whether a change of the object is noted.
[[nodiscard]] bool IsNoted(Oid oid);

/// What was noted of the object since the transaction began turned out to be no change.
void ForgetChange(Oid oid);

/// A number that this backend's last commit took for its changes, and none of a later change of what it had locked.
[[nodiscard]] uint64 LastPublished();

/// A prepared transaction was committed by this command.
void NoteCommitPrepared();

}  // namespace steward::changes
