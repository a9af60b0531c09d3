// The region that launcher, workers and SQL functions meet at: which databases want a visit and when, which have a
// worker, which must be left alone. Owns its content and its locking (store::Lock(), taken and released inside each
// call). Leaves to others what the work is, and to core/schedule which database is next.
#pragma once

#include "core/schedule.hpp"
#include "pg/postgres.hpp"

struct Latch;

namespace steward::store {

/// How many databases can be followed.
inline constexpr int kBoardDatabases = 1024;

/// One database, as shown to readers.
struct BoardRow {
  Oid dbid;
  int32 pid;  // 0: no worker there
  core::DatabaseLoad load;
  uint32 failed_launches;  // in a row
};

Size VisitBoardSize();
void VisitBoardAttach(void* base, bool init);

/// Differs after every start of the server, crash restarts included. Marks what a process that is gone left behind.
[[nodiscard]] int64 BoardBootId();

/// Makes sure that the database has a row. False when the board is full.
[[nodiscard]] bool BoardFollow(Oid dbid);

/// There is work in this database, or its schedules have changed: visit it now.
void BoardPost(Oid dbid);

/// Makes a visit that is due later due then.
void BoardHasten(Oid dbid, core::Micros due);

/// Wakes the launcher, without a lock.
void BoardWakeLauncher();

/// There may be work in every database.
void BoardPostAll();

/// The list of databases has changed: the launcher reads it again.
void BoardPostList();

/// Stops a worker of this database from being launched until as many BoardRelease; asks one that is there to leave.
/// False when the board is full.
[[nodiscard]] bool BoardHold(Oid dbid);
void BoardRelease(Oid dbid);

/// The worker's process in this database, 0 when there is none; -1 while one is on its way.
[[nodiscard]] int32 BoardWorker(Oid dbid);

/// Copies up to `max` rows out; returns their number.
int BoardCopy(BoardRow* out, int max);

// ---- The launcher's side --------------------------------------------------------------------------------------------

/// Announces the launcher: BoardPost wakes it. Forgets launches that its predecessor had under way.
void BoardLauncherArrive(Latch* latch);

/// True once after each BoardPostList, and at first.
[[nodiscard]] bool BoardTakeListChange();

/// Makes the board follow exactly these databases; new ones are due at once. Returns how many found no room.
int BoardSync(const Oid* databases, int count, core::Micros now);

/// The next database to launch a worker for, marked as on its way, or InvalidOid; `workers` caps how many there are at
/// a time. When only the cap is in the way, workers that linger are asked to leave.
[[nodiscard]] Oid BoardNextLaunch(int workers, core::Micros now);

/// The launch came to nothing: no slot was free, or the process ended before it arrived.
void BoardLaunchFailed(Oid dbid, core::Micros retry_at);

/// When a database becomes due next.
[[nodiscard]] core::Micros BoardNextVisit(core::Micros now);

// ---- The worker's side ----------------------------------------------------------------------------------------------

/// Takes the database for this process. False when it is held or taken.
[[nodiscard]] bool BoardArrive(Oid dbid, Latch* latch);

/// How many posts the database has had. Read before reading what is due, hand to BoardReport after.
[[nodiscard]] uint32 BoardPosts(Oid dbid);

/// Says when the database wants its next visit; at once when posts came in since `posts`.
void BoardReport(Oid dbid, uint32 posts, core::Micros due, core::Micros now);

/// Whether the worker should make room: its database is wanted free, or another is waiting for a worker.
[[nodiscard]] bool BoardAskedToLeave(Oid dbid);

/// The worker is gone. Without a report the database is due again at `retry_at`, if it is still there.
void BoardLeave(Oid dbid, core::Micros retry_at);

}  // namespace steward::store
