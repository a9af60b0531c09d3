// See samples.hpp.
#include "capture/samples.hpp"

#include "capture/plannable.hpp"
#include "settings.hpp"
#include "store/texts.hpp"

namespace steward::capture {

namespace {

// Sights of statements in this backend, by a few bits of the query id.
uint16 sights[256];

// The 1st, 2nd, 4th, ... sight, and every 64th.
bool Due(uint64 queryid) {
  uint16& sight = sights[queryid & 255];
  sight = static_cast<uint16>(sight + 1);
  return (sight & (sight - 1)) == 0 || sight % 64 == 0;
}

}  // namespace

void SampleConstants(uint64 queryid, const Query* query, const char* source) {
  if (!settings.capture_parameters || query->utilityStmt != nullptr || !Due(queryid)) return;
  const Plannable taken = MakeSample(query, source);
  if (taken.sample != nullptr)
    store::PutSample(store::TextKey{MyDatabaseId, queryid}, taken.sample, taken.sample_length);
}

void SampleParameters(uint64 queryid, ParamListInfo values) {
  if (!settings.capture_parameters || values == nullptr || values->numParams == 0 || !Due(queryid)) return;
  const store::TextKey key{MyDatabaseId, queryid};
  const store::TextCopy text = store::GetText(key);
  if (text.plannable == nullptr) return;
  uint32 length = 0;
  const char* sample = SampleExternal(text.plannable, text.plannable_length, values, &length);
  if (sample != nullptr) store::PutSample(key, sample, length);
}

}  // namespace steward::capture
