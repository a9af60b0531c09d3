// See statement_source.hpp.
#include "whatif/statement_source.hpp"

#include "store/shmem.hpp"
#include "store/statements.hpp"
#include "store/texts.hpp"

extern "C" {
#include "utils/syscache.h"
}

namespace steward::whatif {

namespace {

bool WasSeenRunning(Oid role, uint64 queryid) {
  LWLockAcquire(store::Lock(), LW_SHARED);
  const bool seen = store::HasStatement(role, MyDatabaseId, queryid);
  LWLockRelease(store::Lock());
  return seen;
}

void LoadSamples(const store::TextKey& key, Statement* statement) {
  auto* samples = static_cast<store::SampleCopies*>(palloc(sizeof(store::SampleCopies)));
  *samples = store::GetSamples(key);
  statement->samples = samples->blob;
  statement->sample_lengths = samples->length;
  statement->nsamples = samples->count;
}

}  // namespace

void LoadStatement(Oid role, uint64 queryid, Statement* statement) {
  statement->role = role;
  if (!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(role))) {
    statement->error = MakeError(ERRCODE_UNDEFINED_OBJECT, "the role that ran the statement does not exist any more");
    return;
  }
  const store::TextKey key{MyDatabaseId, queryid};
  const store::TextCopy text = store::GetText(key);
  if (!text.found || !WasSeenRunning(role, queryid)) {
    statement->error =
        MakeError(ERRCODE_NO_DATA_FOUND, "this role was not seen running the statement in this database");
    return;
  }
  const char* reason = store::ReasonText(text.reason);
  if (reason != nullptr || text.plannable == nullptr) {
    statement->error = MakeError(ERRCODE_FEATURE_NOT_SUPPORTED, psprintf("the statement cannot be costed: %s",
                                                                         reason != nullptr ? reason : "no text"));
    return;
  }
  if (!store::DecodeRecord(text.plannable, text.plannable_length, &statement->record)) {
    statement->error = MakeError(ERRCODE_DATA_CORRUPTED, "the statement's record is not readable");
    return;
  }
  LoadSamples(key, statement);
}

}  // namespace steward::whatif
