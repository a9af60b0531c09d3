// See collect.hpp.
#include "changes/collect.hpp"

#include "changes/install.hpp"
#include "pg/written_relations.hpp"
#include "store/change_marks.hpp"
#include "store/shmem.hpp"

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
uint64 last_published = 0;

void Publish(store::ChangeKind kind) {
  store::PublishChanges({objects, count, everything}, kind);
}

void Forget() {
  count = 0;
  everything = false;
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
      if (count == 0 && !everything) break;
      Publish(store::ChangeKind::kNow);
      last_published = store::ChangeSequence();
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

uint64 LastPublished() {
  return last_published;
}

void ForgetChange(Oid oid) {
  for (int i = 0; i < count; i++)
    if (objects[i] == oid) objects[i--] = objects[--count];
}

void InstallTransactionCallback() {
  RegisterXactCallback(OnTransaction, nullptr);
}

void NoteCommitPrepared() {
  if (store::Ready()) store::PublishPrepared();
}

}  // namespace steward::changes
