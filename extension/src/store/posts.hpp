// Messages to the launcher that go out when the transaction commits: "this database has work", "the list of
// databases changed"; and holds on databases, which end with the transaction either way. Owns the transaction callback.
#pragma once

#include "pg/postgres.hpp"

namespace steward::store {

/// At commit: this session's database is visited at once. False when the board has no room for it. A transaction that
/// did this cannot be prepared: the launcher would not hear of COMMIT PREPARED.
[[nodiscard]] bool PostAtCommit();

/// At commit: the launcher reads the list of databases again.
void PostListAtCommit();

/// Until the end of the transaction no worker is launched in that database, and one that is there is asked to leave.
void HoldUntilEnd(Oid dbid);

}  // namespace steward::store
