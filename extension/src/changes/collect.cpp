// See collect.hpp.
#include "changes/collect.hpp"

#include "changes/transaction_end.hpp"
#include "pg/written_relations.hpp"
#include "store/change_marks.hpp"
#include "store/shmem.hpp"
#include "store/visit_board.hpp"

extern "C" {
#include "access/twophase.h"
#include "access/xact.h"
#include "replication/logicalworker.h"
#include "storage/proc.h"
}

namespace steward::changes {

namespace {

// That statements name, or a TRUNCATE or DDL touches. A transaction that changes more has changed everything.
constexpr int kMostObjects = 1024;

Oid objects[kMostObjects];
int count = 0;
bool everything = false;

struct Noted {
  Refreshed refreshed;
  SubTransactionId since;
};

constexpr int kMostRefreshes = 64;
Noted refreshes[kMostRefreshes];
int refresh_count = 0;

bool wrote = false;  // rows of user relations

bool CommitsReplicated() {
  return max_prepared_xacts > 0 && IsLogicalWorker();
}

void Forget() {
  count = 0;
  everything = false;
  refresh_count = 0;
  pending = CommitsReplicated();
  wrote = false;
}

// The locks are still held: nobody else has refreshed these views since.
void TellRefreshes() {
  const uint64 number = store::ChangeSequence();
  bool post = false;
  for (int i = 0; i < refresh_count; i++) {
    const Refreshed& refreshed = refreshes[i].refreshed;
    store::SetViewRows(refreshed.view, {number, refreshed.not_before, refreshed.with_parents ? number : 0});
    post |= refreshed.post;
  }
  if (post) store::BoardPost(MyDatabaseId);
}

// A relation whose rows the transaction has written: what no hook sees is among these, by logical replication and other modules.
// There can be thousands, as partitions and TOAST tables, of which few are watched: each is looked up, none is collected.
template <store::ChangeKind kKind>
void PublishWritten(Oid relid) {
  wrote = true;
  if (!IsNoted(relid)) store::PublishChanges({&relid, 1, false}, kKind);
}

// The second time only what the first has found: nothing may fail once the transaction is committed.
template <store::ChangeKind kKind>
void Publish(bool first) {
  if (count > 0 || everything) store::PublishChanges({objects, count, everything}, kKind);
  if (first || wrote) pg::VisitWrittenRelations(PublishWritten<kKind>);
}

void Commit() {
  if (count > 0 || everything || wrote) Publish<store::ChangeKind::kNow>(false);
  else if (CommitsReplicated()) NoteCommitPrepared();
  if (refresh_count > 0) TellRefreshes();
  Forget();
}

}  // namespace

bool pending = true;

void PublishAt(XactEvent event) {
  if (!store::Ready()) return;
  pending = true;
  switch (event) {
    // Before, so that a server that ends in between has told; after, for those who looked in between.
    case XACT_EVENT_PRE_COMMIT:
      Publish<store::ChangeKind::kNow>(true);
      break;
    case XACT_EVENT_COMMIT:
      Commit();
      break;
    case XACT_EVENT_PRE_PREPARE:
      Publish<store::ChangeKind::kPrepared>(true);
      break;
    case XACT_EVENT_PREPARE:
      Publish<store::ChangeKind::kPrepared>(false);
      Forget();
      break;
    case XACT_EVENT_ABORT:
      Forget();
      break;
    default:
      break;
  }
}

namespace {

void OnSubtransaction(SubXactEvent event, SubTransactionId id, SubTransactionId, void*) {
  if (event != SUBXACT_EVENT_ABORT_SUB) return;
  int kept = 0;
  for (int i = 0; i < refresh_count; i++)
    if (refreshes[i].since < id) refreshes[kept++] = refreshes[i];
  refresh_count = kept;
}

}  // namespace

void NoteChange(Oid oid) {
  if (!OidIsValid(oid) || !store::Ready()) return;
  for (int i = count; i-- > 0;)
    if (objects[i] == oid) return;
  pending = true;
  if (count == kMostObjects)
    everything = true;
  else
    objects[count++] = oid;
}

bool IsNoted(Oid oid) {
  for (int i = 0; i < count; i++)
    if (objects[i] == oid) return true;
  return everything;
}

void ForgetChange(Oid oid) {
  for (int i = 0; i < count; i++)
    if (objects[i] == oid) objects[i--] = objects[--count];
}

void NoteRefresh(const Refreshed& refreshed) {
  static bool registered = false;
  if (!OidIsValid(refreshed.view) || !store::Ready()) return;
  if (!registered) RegisterSubXactCallback(OnSubtransaction, nullptr);
  registered = true;
  int place = 0;
  while (place < refresh_count && refreshes[place].refreshed.view != refreshed.view) place++;
  if (place == kMostRefreshes) return;
  if (place == refresh_count) refresh_count++;
  pending = true;
  refreshes[place] = {refreshed, GetCurrentSubTransactionId()};
}

void NoteCommitPrepared() {
  if (store::Ready()) store::PublishPrepared();
}

}  // namespace steward::changes
