// See collect.hpp.
#include "changes/collect.hpp"

#include "changes/install.hpp"
#include "pg/written_relations.hpp"
#include "store/change_marks.hpp"
#include "store/shmem.hpp"
#include "store/visit_board.hpp"

extern "C" {
#include "access/twophase.h"
#include "access/xact.h"
#include "replication/logicalworker.h"
}

namespace steward::changes {

namespace {

constexpr int kMostObjects = 256;  // TOAST tables included; a transaction that changes more has changed everything

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

void Publish(store::ChangeKind kind) {
  store::PublishChanges({objects, count, everything}, kind);
}

void Forget() {
  count = 0;
  everything = false;
  refresh_count = 0;
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

// What no hook sees, too: logical replication and other modules write rows without a statement.
void Collect() {
  if (store::Ready()) pg::VisitWrittenRelations(NoteChange);
}

// Logical replication commits prepared transactions without a command, each in a transaction that writes nothing else.
void NoteReplicatedCommit() {
  if (count == 0 && !everything && max_prepared_xacts > 0 && IsLogicalWorker()) NoteCommitPrepared();
}

void OnTransaction(XactEvent event, void*) {
  switch (event) {
    // Before, so that a server that ends in between has told; after, for those who looked in between.
    case XACT_EVENT_PRE_COMMIT:
      Collect();
      if (count > 0 || everything) Publish(store::ChangeKind::kNow);
      break;
    case XACT_EVENT_COMMIT:
      NoteReplicatedCommit();
      if (count == 0 && !everything && refresh_count == 0) break;
      if (count > 0 || everything) Publish(store::ChangeKind::kNow);
      if (refresh_count > 0) TellRefreshes();
      Forget();
      break;
    case XACT_EVENT_PRE_PREPARE:
      Collect();
      if (count > 0 || everything) Publish(store::ChangeKind::kPrepared);
      break;
    case XACT_EVENT_PREPARE:
      if (count > 0 || everything) Publish(store::ChangeKind::kPrepared);
      Forget();
      break;
    case XACT_EVENT_ABORT:
      Forget();
      break;
    default:
      break;
  }
}

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
  refreshes[place] = {refreshed, GetCurrentSubTransactionId()};
}

void InstallTransactionCallback() {
  RegisterXactCallback(OnTransaction, nullptr);
}

void NoteCommitPrepared() {
  if (store::Ready()) store::PublishPrepared();
}

}  // namespace steward::changes
