// See samples.hpp.
#include "capture/samples.hpp"

#include "capture/plannable.hpp"
#include "pg/protected_call.hpp"
#include "settings.hpp"
#include "store/texts.hpp"

namespace steward::capture {

namespace {

// How often this backend saw a statement; one that takes another's place starts anew and is sampled at once.
struct Sights {
  uint64 queryid;
  uint32 times;
};

Sights with_constants[256];
Sights with_parameters[256];

// The 1st, 2nd, 4th, ... sight, and every 64th.
bool Due(Sights* sights, uint64 queryid) {
  Sights& slot = sights[queryid & 255];
  if (slot.queryid != queryid) slot = Sights{queryid, 0};
  const uint32 times = ++slot.times;
  return (times & (times - 1)) == 0 || times % 64 == 0;
}

struct ParameterJob {
  store::TextKey key;
  ParamListInfo values;
};

void KeepParameters(void* argument) {
  const auto* job = static_cast<const ParameterJob*>(argument);
  const store::TextCopy text = store::GetText(job->key);
  if (text.plannable == nullptr) return;
  uint32 length = 0;
  const char* sample = SampleExternal(text.plannable, text.plannable_length, job->values, &length);
  if (sample != nullptr) store::PutSample(job->key, sample, length);
}

}  // namespace

void SampleConstants(uint64 queryid, const Query* query, const char* source) {
  if (!settings.capture_parameters || query->utilityStmt != nullptr || !Due(with_constants, queryid)) return;
  const Plannable taken = MakeSample(query, source);
  if (taken.sample != nullptr)
    store::PutSample(store::TextKey{MyDatabaseId, queryid}, taken.sample, taken.sample_length);
}

void SampleParameters(uint64 queryid, ParamListInfo values) {
  if (!settings.capture_parameters || values == nullptr || values->numParams == 0 || !Due(with_parameters, queryid)) return;
  ParameterJob job{store::TextKey{MyDatabaseId, queryid}, values};
  pg::RunProtected(KeepParameters, &job);
}

}  // namespace steward::capture
