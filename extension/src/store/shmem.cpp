// Allocation of the segment and the list of its regions. See shmem.hpp.
#include "store/shmem.hpp"

#include "store/block_heap.hpp"
#include "store/change_marks.hpp"
#include "store/classes.hpp"
#include "store/drain.hpp"
#include "store/history_base.hpp"
#include "store/persist.hpp"
#include "store/plans.hpp"
#include "store/slow_queries.hpp"
#include "store/slots.hpp"
#include "store/statements.hpp"
#include "store/texts.hpp"
#include "store/visit_board.hpp"

namespace steward::store {

namespace {

constexpr uint32 kMagic = 0x53545744;  // "STWD"
constexpr uint32 kLayoutVersion = 1;

struct Header {
  uint32 magic;
  uint32 layout_version;
  Size total;
};

// In the order of their addresses.
const Region kRegions[] = {
    {"slots", SlotRegionSize, SlotAttach},
    {"drain", DrainRegionSize, DrainAttach},
    {"statements", StatementRegionSize, StatementAttach},
    {"history", HistoryRegionSize, HistoryAttach},
    {"texts", TextRegionSize, TextAttach},
    {"text heap", HeapRegionSize, HeapAttach},
    {"plans", PlansRegionSize, PlansAttach},
    {"visit board", VisitBoardSize, VisitBoardAttach},
    {"slow queries", SlowRegionSize, SlowAttach},
    {"classes", ClassRegionSize, ClassAttach},
    {"change marks", ChangeMarksSize, ChangeMarksAttach},
};

Header* header = nullptr;
LWLock* lock = nullptr;
shmem_request_hook_type previous_request = nullptr;
shmem_startup_hook_type previous_startup = nullptr;

Size SegmentSize() {
  Size total = MAXALIGN(sizeof(Header));
  for (const Region& region : kRegions) total = add_size(total, CACHELINEALIGN(region.size()));
  return add_size(total, PG_CACHE_LINE_SIZE);
}

void Request() {
  if (previous_request != nullptr) previous_request();
  RequestAddinShmemSpace(SegmentSize());
  RequestNamedLWLockTranche("pg_steward", 1);
}

// With `init` the segment is made anew, empty.
void Attach(char* base, Size total, bool init) {
  header = reinterpret_cast<Header*>(base);
  if (init) {
    memset(base, 0, total);
    *header = Header{kMagic, kLayoutVersion, total};
  }
  char* next = reinterpret_cast<char*>(CACHELINEALIGN(base + MAXALIGN(sizeof(Header))));
  for (const Region& region : kRegions) {
    region.attach(next, init);
    next += CACHELINEALIGN(region.size());
  }
}

void Startup() {
  if (previous_startup != nullptr) previous_startup();
  LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
  bool found = false;
  Size total = SegmentSize();
  auto* base = static_cast<char*>(ShmemInitStruct("pg_steward", total, &found));
  Attach(base, total, !found);
  lock = &GetNamedLWLockTranche("pg_steward")->lock;
  LWLockRelease(AddinShmemInitLock);
  if (!found && !RestoreTables()) Attach(base, total, true);
  if (!IsUnderPostmaster) on_shmem_exit(SaveTables, Datum{0});
  if (!found) ereport(LOG, (errmsg("pg_steward uses %zu MB of shared memory", (total + 1048575) / 1048576)));
}

}  // namespace

void InstallShmemHooks() {
  previous_request = shmem_request_hook;
  shmem_request_hook = Request;
  previous_startup = shmem_startup_hook;
  shmem_startup_hook = Startup;
}

bool Ready() { return header != nullptr && header->magic == kMagic; }

void RequireReady() {
  if (Ready()) return;
  const char* live = GetConfigOption("shared_preload_libraries", true, false);
  const bool empty = live == nullptr || *live == '\0';
  ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                  errmsg("pg_steward must be loaded via shared_preload_libraries"),
                  errhint("Run: ALTER SYSTEM SET shared_preload_libraries = %s%spg_steward; then restart the server. To "
                          "undo: ALTER SYSTEM RESET shared_preload_libraries.",
                          empty ? "" : live, empty ? "" : ", ")));
}

LWLock* Lock() { return lock; }

bool LookForLock(LWLockMode mode, int looks) {
  constexpr int kSpinsBetween = 16;
  for (int look = 1; !LWLockConditionalAcquire(lock, mode); look++) {
    if (look >= looks) return false;
    for (int i = 0; i < kSpinsBetween; i++) pg_spin_delay();
  }
  return true;
}

Size TotalBytes() { return header->total; }

}  // namespace steward::store
