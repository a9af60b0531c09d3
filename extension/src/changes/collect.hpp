// The objects that the current transaction has changed, published when it ends. Owns the list and the callbacks; who adds to
// it is in the hook files beside it, who reads what is published is refresh. Independent of pg_steward.track: this is
// what freshness rests on.
//
// Every function is C-shaped, allocates nothing and waits for nothing.
#pragma once

#include "core/schedule.hpp"
#include "pg/postgres.hpp"

namespace steward::changes {

/// The object's content or definition is changed by the current transaction. A savepoint rolled back leaves it noted:
/// that costs a refresh too many at most.
void NoteChange(Oid oid);

/// Whether a change of the object is noted.
[[nodiscard]] bool IsNoted(Oid oid);

/// What was noted of the object since the transaction began turned out to be no change.
void ForgetChange(Oid oid);

/// A REFRESH of the current transaction.
struct Refreshed {
  Oid view;
  core::Micros not_before;  // its snapshot was taken then or later; kNever: the worker is told what the rows hold
  bool with_parents;        // and saw the rows of all parents as this transaction leaves them
  bool post;                // a worker is to look at once
};

/// Notes it, in the place of an earlier one of the view; store::SetViewRows is told when the transaction commits, unless a
/// savepoint before is rolled back to. What is not told of makes a worker refresh the view once more.
void NoteRefresh(const Refreshed& refreshed);

/// A prepared transaction was committed by this command.
void NoteCommitPrepared();

}  // namespace steward::changes
