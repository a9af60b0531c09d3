// See posts.hpp.
#include "refresh/posts.hpp"

#include "store/refresh_board.hpp"

extern "C" {
#include "access/xact.h"
}

namespace steward::refresh {

namespace {

// Only ALTER DATABASE ... RENAME can occur more than once in a transaction.
constexpr int kMostHolds = 16;

struct Pending {
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
  for (int i = 0; i < done.holds; i++) store::BoardRelease(done.held[i]);
  if (commit && done.post) store::BoardPost(MyDatabaseId);
  if (commit && done.list) store::BoardPostList();
}

void OnTransaction(XactEvent event, void*) {
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
                        errmsg("cannot PREPARE a transaction that has changed the schedule of a materialized view")));
      break;
    case XACT_EVENT_PREPARE:
      Finish(false);
      break;
    default:
      break;
  }
}

}  // namespace

void InstallPosts() {
  RegisterXactCallback(OnTransaction, nullptr);
}

void PostAtCommit() {
  if (!store::BoardFollow(MyDatabaseId))
    ereport(ERROR, (errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
                    errmsg("pg_steward refreshes materialized views in at most %d databases", store::kBoardDatabases)));
  pending.post = true;
}

void PostListAtCommit() {
  pending.list = true;
}

void HoldUntilEnd(Oid dbid) {
  if (pending.holds == kMostHolds) return;
  if (store::BoardHold(dbid)) pending.held[pending.holds++] = dbid;
}

}  // namespace steward::refresh
