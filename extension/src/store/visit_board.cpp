// See visit_board.hpp. Rows are never moved while they are in use; their number only grows.
#include "store/visit_board.hpp"

#include "store/shmem.hpp"

extern "C" {
#include "storage/latch.h"
#include "utils/timestamp.h"
}

namespace steward::store {

namespace {

struct Detail {
  Oid dbid;  // InvalidOid: a free row
  int32 pid;
  uint32 posts;
  uint32 holds;
  uint32 failed_launches;
  bool reported;  // the worker that is there has said when to come again
  Latch* latch;   // of the worker; lies in shared memory for good, so a late SetLatch is harmless
};

struct Board {
  int64 boot_id;
  Latch* launcher;
  int32 rows;
  bool list_changed;
  bool starved;  // a database is due and only the cap on workers is in the way
  core::DatabaseLoad load[kBoardDatabases];
  Detail detail[kBoardDatabases];
};

Board* board = nullptr;

int Find(Oid dbid) {
  for (int i = 0; i < board->rows; i++)
    if (board->detail[i].dbid == dbid) return i;
  return -1;
}

int FindOrAdd(Oid dbid) {
  int row = Find(dbid);
  if (row >= 0) return row;
  row = Find(InvalidOid);
  if (row < 0) {
    if (board->rows == kBoardDatabases) return -1;
    row = board->rows++;
  }
  board->detail[row] = Detail{dbid, 0, 0, 0, 0, false, nullptr};
  board->load[row] = core::DatabaseLoad{core::kNever, 0, false, false};
  return row;
}

bool Unused(int row) {
  return !board->load[row].busy && board->detail[row].holds == 0;
}

bool Listed(const Oid* databases, int count, Oid dbid) {
  for (int i = 0; i < count; i++)
    if (databases[i] == dbid) return true;
  return false;
}

void Wake(Latch* latch) {
  if (latch != nullptr) SetLatch(latch);
}

}  // namespace

Size VisitBoardSize() {
  return sizeof(Board);
}

void VisitBoardAttach(void* base, bool init) {
  board = static_cast<Board*>(base);
  if (!init) return;
  board->list_changed = true;
  if (!pg_strong_random(&board->boot_id, sizeof board->boot_id)) board->boot_id = GetCurrentTimestamp();
}

int64 BoardBootId() {
  return board->boot_id;
}

bool BoardFollow(Oid dbid) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  const int row = FindOrAdd(dbid);
  LWLockRelease(Lock());
  return row >= 0;
}

void BoardPost(Oid dbid) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  Latch* launcher = board->launcher;
  Latch* worker = nullptr;
  const int row = FindOrAdd(dbid);
  if (row >= 0) {
    board->detail[row].posts++;
    board->load[row].due = 0;
    if (board->detail[row].pid != 0) worker = board->detail[row].latch;
  }
  LWLockRelease(Lock());
  Wake(launcher);
  Wake(worker);
}

void BoardHasten(Oid dbid, core::Micros due) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  const int row = Find(dbid);
  if (row >= 0) board->load[row].due = Min(board->load[row].due, due);
  LWLockRelease(Lock());
}

void BoardWakeLauncher() {
  Wake(board->launcher);
}

void BoardPostAll() {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  for (int i = 0; i < board->rows; i++) {
    if (board->detail[i].dbid == InvalidOid) continue;
    board->detail[i].posts++;
    board->load[i].due = 0;
  }
  LWLockRelease(Lock());
}

void BoardPostList() {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  board->list_changed = true;
  Latch* launcher = board->launcher;
  LWLockRelease(Lock());
  Wake(launcher);
}

bool BoardHold(Oid dbid) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  const int row = FindOrAdd(dbid);
  Latch* worker = nullptr;
  if (row >= 0) {
    board->detail[row].holds++;
    board->load[row].held = true;
    worker = board->detail[row].latch;
  }
  LWLockRelease(Lock());
  Wake(worker);
  return row >= 0;
}

void BoardRelease(Oid dbid) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  const int row = Find(dbid);
  if (row >= 0 && board->detail[row].holds > 0) {
    board->detail[row].holds--;
    board->load[row].held = board->detail[row].holds > 0;
  }
  Latch* launcher = board->launcher;
  LWLockRelease(Lock());
  Wake(launcher);
}

int32 BoardWorker(Oid dbid) {
  LWLockAcquire(Lock(), LW_SHARED);
  const int row = Find(dbid);
  int32 pid = 0;
  if (row >= 0 && board->load[row].busy) pid = board->detail[row].pid != 0 ? board->detail[row].pid : -1;
  LWLockRelease(Lock());
  return pid;
}

int BoardCopy(BoardRow* out, int max) {
  LWLockAcquire(Lock(), LW_SHARED);
  int count = 0;
  for (int i = 0; i < board->rows && count < max; i++) {
    const Detail& detail = board->detail[i];
    if (detail.dbid == InvalidOid) continue;
    out[count++] = BoardRow{detail.dbid, detail.pid, board->load[i], detail.failed_launches};
  }
  LWLockRelease(Lock());
  return count;
}

void BoardLauncherArrive(Latch* latch) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  board->launcher = latch;
  board->list_changed = true;
  for (int i = 0; i < board->rows; i++) board->load[i].busy = board->detail[i].pid != 0;
  LWLockRelease(Lock());
}

bool BoardTakeListChange() {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  const bool changed = board->list_changed;
  board->list_changed = false;
  LWLockRelease(Lock());
  return changed;
}

int BoardSync(const Oid* databases, int count, core::Micros now) {
  int homeless = 0;
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  for (int i = 0; i < board->rows; i++) {
    const Oid dbid = board->detail[i].dbid;
    if (dbid != InvalidOid && Unused(i) && !Listed(databases, count, dbid)) {
      board->detail[i].dbid = InvalidOid;
      board->load[i].due = core::kNever;
    }
  }
  for (int i = 0; i < count; i++) {
    const int row = FindOrAdd(databases[i]);
    if (row < 0)
      homeless++;
    else if (board->load[row].visited == 0 && board->load[row].due == core::kNever)
      board->load[row].due = now;
  }
  LWLockRelease(Lock());
  return homeless;
}

Oid BoardNextLaunch(int workers, core::Micros now) {
  constexpr int kMostWorkers = 64;
  Latch* lingering[kMostWorkers];
  int busy = 0;
  int asked = 0;
  Oid dbid = InvalidOid;
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  for (int i = 0; i < board->rows; i++) {
    busy += board->load[i].busy ? 1 : 0;
    if (board->detail[i].pid != 0 && asked < kMostWorkers) lingering[asked++] = board->detail[i].latch;
  }
  const int row = core::ChooseDatabase(board->load, board->rows, now);
  board->starved = row >= 0 && busy >= workers;
  if (row >= 0 && !board->starved) {
    board->load[row].busy = true;
    dbid = board->detail[row].dbid;
  }
  const bool starved = board->starved;
  LWLockRelease(Lock());
  if (starved)
    for (int i = 0; i < asked; i++) SetLatch(lingering[i]);
  return dbid;
}

void BoardLaunchFailed(Oid dbid, core::Micros retry_at) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  const int row = Find(dbid);
  if (row >= 0 && board->detail[row].pid == 0 && board->load[row].busy) {
    board->load[row].busy = false;
    board->load[row].due = retry_at;
    board->detail[row].failed_launches++;
  }
  LWLockRelease(Lock());
}

core::Micros BoardNextVisit(core::Micros now) {
  LWLockAcquire(Lock(), LW_SHARED);
  const core::Micros next = core::NextVisit(board->load, board->rows, now);
  LWLockRelease(Lock());
  return next;
}

bool BoardArrive(Oid dbid, Latch* latch) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  const int row = Find(dbid);
  const bool mine = row >= 0 && board->detail[row].pid == 0 && !board->load[row].held;
  if (mine) {
    Detail& detail = board->detail[row];
    detail.pid = MyProcPid;
    detail.latch = latch;
    detail.reported = false;
    detail.failed_launches = 0;
    board->load[row].busy = true;
  } else if (row >= 0 && board->detail[row].pid == 0) {
    board->load[row].busy = false;
  }
  LWLockRelease(Lock());
  return mine;
}

uint32 BoardPosts(Oid dbid) {
  LWLockAcquire(Lock(), LW_SHARED);
  const int row = Find(dbid);
  const uint32 posts = row >= 0 ? board->detail[row].posts : 0;
  LWLockRelease(Lock());
  return posts;
}

void BoardReport(Oid dbid, uint32 posts, core::Micros due, core::Micros now) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  const int row = Find(dbid);
  if (row >= 0) {
    board->load[row].due = board->detail[row].posts == posts ? due : now;
    board->load[row].visited = now;
    board->detail[row].reported = true;
  }
  LWLockRelease(Lock());
}

bool BoardAskedToLeave(Oid dbid) {
  LWLockAcquire(Lock(), LW_SHARED);
  const int row = Find(dbid);
  const bool asked = row < 0 || board->load[row].held || board->starved;
  LWLockRelease(Lock());
  return asked;
}

void BoardLeave(Oid dbid, core::Micros retry_at) {
  LWLockAcquire(Lock(), LW_EXCLUSIVE);
  const int row = Find(dbid);
  if (row >= 0 && board->detail[row].pid == MyProcPid) {
    board->detail[row].pid = 0;
    board->detail[row].latch = nullptr;
    board->load[row].busy = false;
    if (!board->detail[row].reported) {
      // Perhaps nobody may connect there any more.
      board->load[row].due = retry_at;
      board->list_changed = true;
    }
  }
  Latch* launcher = board->launcher;
  LWLockRelease(Lock());
  Wake(launcher);
}

}  // namespace steward::store
