// See collect.hpp.
#include "changes/collect.hpp"

#include "store/change_marks.hpp"
#include "store/shmem.hpp"

extern "C" {
#include "access/xact.h"
}

namespace steward::changes {

namespace {

constexpr int kMostObjects = 128;  // a transaction that changes more has changed everything

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

void OnTransaction(XactEvent event, void*) {
  if (likely(count == 0 && !everything)) return;
  switch (event) {
    // Before, so that a server that ends in between has told; after, for those who looked in between.
    case XACT_EVENT_PRE_COMMIT:
      Publish(store::ChangeKind::kNow);
      break;
    case XACT_EVENT_COMMIT:
      Publish(store::ChangeKind::kNow);
      last_published = store::ChangeSequence();
      Forget();
      break;
    case XACT_EVENT_PRE_PREPARE:
      Publish(store::ChangeKind::kPrepared);
      break;
    case XACT_EVENT_PREPARE:
      Publish(store::ChangeKind::kPrepared);
      Forget();
      break;
    case XACT_EVENT_ABORT:
      Forget();
      break;
    default:
      break;
  }
}

// Only backends that have changed something pay for the callback at each transaction's end.
void Register() {
  static bool registered = false;
  if (registered) return;
  RegisterXactCallback(OnTransaction, nullptr);
  registered = true;
}

}  // namespace

void NoteChange(Oid oid) {
  if (!OidIsValid(oid) || !store::Ready()) return;
  for (int i = count; i-- > 0;)
    if (objects[i] == oid) return;
  Register();
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

void NoteCommitPrepared() {
  if (store::Ready()) store::PublishPrepared();
}

}  // namespace steward::changes
