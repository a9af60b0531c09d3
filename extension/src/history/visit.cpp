// See visit.hpp.
#include "history/visit.hpp"

#include <algorithm>

#include "history/tables.hpp"
#include "history/write.hpp"
#include "pg/transaction.hpp"
#include "settings.hpp"
#include "store/history_base.hpp"

extern "C" {
#include "utils/timestamp.h"
}

namespace steward::history {

namespace {

constexpr core::Micros kRetry = core::kMinute;
constexpr int kMostBatches = 100;

// First room, then the interval; a transaction each, so that none is long.
ErrorData* TrimAndWrite(bool* present) {
  bool more = true;
  ErrorData* error = nullptr;
  for (int batch = 0; batch < kMostBatches && more && error == nullptr; batch++)
    error = pg::InTransaction([&] {
      *present = OidIsValid(TablesOwner());
      more = *present && TrimHistory();
    });
  if (error != nullptr || !*present) return error;
  return pg::InTransaction([present] {
    *present = OidIsValid(TablesOwner());
    if (*present) (void)WriteInterval();
  });
}

// Once when it begins to fail, once when it is over (W16).
void Say(bool failing, const ErrorData* error) {
  if (error != nullptr && !failing)
    ereport(LOG,
            (errcode(error->sqlerrcode), errmsg("pg_steward cannot write history: %s", error->message),
             error->hint != nullptr ? errhint("%s", error->hint) : 0,
             errdetail("Statistics go on being captured. It tries again, without another message until it succeeds.")));
  if (error == nullptr && failing) ereport(LOG, (errmsg("pg_steward writes history again")));
}

}  // namespace

void DoDue(core::WorkStep* step) {
  *step = core::WorkStep{false, core::kNever};
  const core::Micros every = settings.history_interval_s * core::kSecond;
  if (every == 0) return;
  store::HistoryClock clock;
  const bool begun = store::GetHistoryClock(MyDatabaseId, &clock);
  const TimestampTz now = GetCurrentTimestamp();
  // An interval that was shortened, or a clock that was set back, makes a time that is further away than it can be.
  if (begun && clock.next_due > now && clock.next_due <= now + every) {
    step->next_due = clock.next_due;
    return;
  }
  bool present = false;
  ErrorData* error = TrimAndWrite(&present);
  if (error == nullptr && !present) return store::ForgetHistory(MyDatabaseId);
  step->ran = error == nullptr;
  if (error != nullptr)
    step->next_due = now + std::min(every, kRetry);
  else if (begun && clock.next_due <= now)
    step->next_due = core::NextDue(clock.next_due, every, now);
  else
    step->next_due = now + every;
  store::SetHistoryDue(MyDatabaseId, step->next_due, error != nullptr);
  Say(clock.failing, error);
}

}  // namespace steward::history
