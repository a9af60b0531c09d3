// See visit.hpp. Between the transactions the process holds no snapshot and no lock (RELIABILITY W12).
#include "refresh/visit.hpp"

#include "pg/transaction.hpp"
#include "refresh/job.hpp"
#include "refresh/tables.hpp"

extern "C" {
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

constexpr core::Micros kReclaimDelay = core::kSecond;
constexpr int kMostInterruptions = 3;
constexpr core::Micros kHistoryKept = 7 * core::kDay;
constexpr core::Micros kPruneEvery = core::kHour;
constexpr uint64 kPruneBatch = 1000;
constexpr int kMostBatches = 100;
// Each REFRESH makes relations and types whose entries core keeps in a backend's caches for good, about 10 kB (measured
// with CONCURRENTLY on 15, without this library as well); so a worker makes room for a fresh one now and then.
constexpr int kMostJobs = 200;

// Trims history now and then, a batch a transaction.
ErrorData* Prune(core::Micros* next_prune) {
  const TimestampTz now = GetCurrentTimestamp();
  if (now < *next_prune && *next_prune <= now + kPruneEvery) return nullptr;
  *next_prune = now + kPruneEvery;
  uint64 deleted = kPruneBatch;
  ErrorData* error = nullptr;
  for (int batch = 0; batch < kMostBatches && deleted == kPruneBatch && error == nullptr; batch++)
    error = pg::InTransaction([&] { deleted = PruneHistory(now - kHistoryKept, kPruneBatch); });
  return error;
}

// Ends what a worker that died left behind.
ErrorData* Begin(Visit* visit) {
  ErrorData* error = pg::InTransaction([] {
    const TimestampTz now = GetCurrentTimestamp();
    if (OidIsValid(TablesOwner())) ReclaimMarks(now, now + kReclaimDelay, kMostInterruptions);
  });
  visit->begun = error == nullptr;
  return error;
}

}  // namespace

ErrorData* DoDue(Visit* visit, core::WorkStep* step) {
  *step = core::WorkStep{false, core::kNever};
  if (!visit->begun) {
    ErrorData* error = Begin(visit);
    if (error != nullptr) return error;
  }
  Job job = {};
  bool present = false;
  bool found = false;
  ErrorData* error = pg::InTransaction([&] {
    present = OidIsValid(TablesOwner());
    if (present) found = ReadNextJob(GetCurrentTimestamp(), &job);
  });
  step->ran = error == nullptr && found && job.due <= GetCurrentTimestamp();
  if (step->ran) {
    error = RunJob(job, visit->track);
    visit->jobs++;
  }
  if (error == nullptr && present) error = Prune(&visit->next_prune);
  step->next_due = step->ran ? 0 : found ? job.due : core::kNever;
  return error;
}

bool HasDoneEnough(const Visit& visit) {
  return visit.jobs >= kMostJobs;
}

}  // namespace steward::refresh
