// See write.hpp.
#include "history/write.hpp"

#include "history/tables.hpp"
#include "settings.hpp"
#include "store/drain.hpp"
#include "store/history_base.hpp"

extern "C" {
#include "access/xact.h"
#include "utils/timestamp.h"
}

namespace steward::history {

namespace {

// The rows of an interval; all other statements share one.
constexpr int kTop = 500;
// Of one batch of deletions: with full intervals some 5,000 entries.
constexpr int kMostDeleted = 10;
constexpr int kLargestShareDeleted = 10;
constexpr int64 kKilobyte = 1024;
constexpr TimestampTz kTidyEvery = INT64CONST(3600) * USECS_PER_SEC;

// An interval that is taken and not committed. Lives in the transaction's memory.
struct Pending {
  store::HistoryBatch batch;
  SubTransactionId subtransaction;
  Pending* next;
};

Pending* pending = nullptr;

// Gives back the intervals that `ended` took, 0 standing for all.
void GiveBack(SubTransactionId ended) {
  Pending** link = &pending;
  while (*link != nullptr) {
    Pending* item = *link;
    if (ended != InvalidSubTransactionId && item->subtransaction != ended) {
      link = &item->next;
      continue;
    }
    store::ReturnHistory(item->batch);
    *link = item->next;
  }
}

void OnTransaction(XactEvent event, void*) {
  switch (event) {
    case XACT_EVENT_ABORT:
      GiveBack(InvalidSubTransactionId);
      break;
    case XACT_EVENT_COMMIT:
      pending = nullptr;
      break;
    case XACT_EVENT_PRE_PREPARE:
      if (pending != nullptr)
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("cannot PREPARE a transaction that has written history")));
      break;
    default:
      break;
  }
}

void OnSubtransaction(SubXactEvent event, SubTransactionId own, SubTransactionId parent, void*) {
  if (event == SUBXACT_EVENT_ABORT_SUB) GiveBack(own);
  if (event != SUBXACT_EVENT_COMMIT_SUB) return;
  for (Pending* item = pending; item != nullptr; item = item->next)
    if (item->subtransaction == own) item->subtransaction = parent;
}

Pending* NewPending() {
  static bool installed = false;
  if (!installed) {
    RegisterXactCallback(OnTransaction, nullptr);
    RegisterSubXactCallback(OnSubtransaction, nullptr);
    installed = true;
  }
  return static_cast<Pending*>(palloc0(sizeof(Pending)));
}

// Nothing may raise between taking and remembering what was taken.
const store::HistoryBatch* Take() {
  store::Drain();
  MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
  Pending* item = NewPending();
  const bool taken = store::TakeHistory(MyDatabaseId, kTop, &item->batch);
  if (taken) {
    item->subtransaction = GetCurrentSubTransactionId();
    item->next = pending;
    pending = item;
  }
  MemoryContextSwitchTo(caller);
  return taken ? &item->batch : nullptr;
}

int64 MaxBytes() {
  return settings.history_max_size_kb * kKilobyte;
}

// What is deleted makes room only after VACUUM.
void CheckRoom() {
  const int64 dead = DeadBytes();
  if (EntryBytes() + dead <= 2 * MaxBytes()) return;
  ereport(ERROR,
          (errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
           errmsg("%lld MB of deleted history wait for VACUUM", static_cast<long long>(dead / kKilobyte / kKilobyte)),
           errhint("Is autovacuum off, or held up by an old transaction? Run: VACUUM steward.history_entry;")));
}

}  // namespace

Written WriteInterval() {
  const store::HistoryBatch* batch = Take();
  if (batch == nullptr) return Written{true, 0};
  CheckRoom();
  const int entries = AddInterval(*batch);
  store::AddHistoryTexts(MyDatabaseId, static_cast<uint64>(AddTexts(*batch)));
  return Written{false, entries};
}

bool TrimHistory() {
  store::HistoryClock clock;
  if (!store::GetHistoryClock(MyDatabaseId, &clock)) return false;
  const TimestampTz now = GetCurrentTimestamp();
  const int64 entries = EntryBytes();
  // Texts take part in the excess but go only with the entries that refer to them: not everything at once.
  const int64 excess = entries + static_cast<int64>(clock.text_bytes) - MaxBytes();
  const uint64 deleted = DeleteIntervals(now - settings.history_retention_s * USECS_PER_SEC,
                                         Min(excess, entries / kLargestShareDeleted), kMostDeleted);
  if (now >= clock.next_tidy || clock.next_tidy > now + kTidyEvery)
    store::SetHistoryTexts(MyDatabaseId, now + kTidyEvery, static_cast<uint64>(TidyTexts()));
  return deleted == kMostDeleted;
}

}  // namespace steward::history
