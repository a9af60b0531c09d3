// See posts.hpp.
#include "store/posts.hpp"

#include "store/visit_board.hpp"

extern "C" {
#include "access/xact.h"
}

namespace steward::store {

namespace {

// Only ALTER DATABASE ... RENAME can occur more than once in a transaction.
constexpr int kMostHolds = 16;

struct Pending {
  bool any;
  bool post;
  bool list;
  int holds;
  Oid held[kMostHolds];
};

Pending pending = {};

void Finish(bool commit) {
  const Pending done = pending;
  pending = Pending{};
  // First the holds, so that the launcher can forget a database that is gone.
  for (int i = 0; i < done.holds; i++) BoardRelease(done.held[i]);
  if (commit && done.post) BoardPost(MyDatabaseId);
  if (commit && done.list) BoardPostList();
}

void OnTransaction(XactEvent event, void*) {
  if (likely(!pending.any)) return;
  switch (event) {
    case XACT_EVENT_COMMIT:
      Finish(true);
      break;
    case XACT_EVENT_ABORT:
      Finish(false);
      break;
    case XACT_EVENT_PRE_PREPARE:
      if (pending.post)
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("cannot PREPARE a transaction that has changed what pg_steward does in this database")));
      break;
    case XACT_EVENT_PREPARE:
      Finish(false);
      break;
    default:
      break;
  }
}

// Only backends that have something to post pay for the callback at each transaction's end.
void Register() {
  static bool registered = false;
  if (registered) return;
  RegisterXactCallback(OnTransaction, nullptr);
  registered = true;
}

}  // namespace


bool PostAtCommit() {
  if (!BoardFollow(MyDatabaseId)) return false;
  Register();
  pending.any = pending.post = true;
  return true;
}

void PostListAtCommit() {
  Register();
  pending.any = pending.list = true;
}

void HoldUntilEnd(Oid dbid) {
  if (pending.holds == kMostHolds) return;
  Register();
  if (!BoardHold(dbid)) return;
  pending.held[pending.holds++] = dbid;
  pending.any = true;
}

}  // namespace steward::store
