// What a refresh costs, learned from its runs, and which method the next one uses. Pure.
#pragma once

#include "core/schedule.hpp"

namespace steward::core {

/// How a view is brought up to date. A method that joins later (keyed diff, incremental) gets its name here and its
/// case in ChooseMethod.
enum class RefreshMethod { kSkip, kConcurrently, kPlain };

/// A quantity that varies from run to run: mean and mean absolute deviation, recent runs counting more.
struct Learned {
  int runs = 0;
  double mean = 0;
  double deviation = 0;
};

/// Takes in one more run: with weight 1/runs for the first five, then a fifth.
void Learn(double value, Learned* learned);

/// Whether a run is out of what is known: more than three deviations (and a tenth of the mean) from the mean of at
/// least five runs. To be asked before the run is taken in.
[[nodiscard]] bool HasDrifted(double value, const Learned& learned);

/// Of one view by one method.
struct MethodCost {
  Learned duration;  // microseconds
  Learned wal;       // bytes
};

/// How long the next run will hardly exceed: mean and three deviations, and at least a tenth more than the mean.
/// `unknown` before the first run.
[[nodiscard]] Micros PredictDuration(const MethodCost& cost, Micros unknown);

struct MethodQuestion {
  bool dirty = true;
  bool populated = true;
  bool can_concurrently = true;  // a usable unique key, and the owner may create temporary tables
  bool has_dependents = false;   // views that are refreshed when this one's rows have changed
  double reads_per_second = 0;   // scans of the view
  double readers_waited = 0;     // for a plain refresh, as learned (Learn of ReadersWaiting, or of what was counted)
  MethodCost plain;
  MethodCost concurrently;
  int plain_lock_timeouts = 0;  // since the last success
};

/// How many readers a plain refresh would make wait, by the rate at which they come.
[[nodiscard]] double ReadersWaiting(const MethodQuestion& question);

/// A plain refresh locks readers out for as long as it runs and does not tell whether it changed anything. So it is chosen
/// only where the view has no data that anybody could read, where CONCURRENTLY cannot be, or where less than one reader in
/// ten refreshes is expected to wait, nothing depends on the view, and plain costs less: time and WAL, both known. Where
/// it is not known yet it is tried once CONCURRENTLY is known to take a tenth of a second. After three lock timeouts it is left
/// to CONCURRENTLY; not the other way round, because whatever is in the way of that is in the way of a plain one. Every method
/// runs under a lock timeout.
[[nodiscard]] RefreshMethod ChooseMethod(const MethodQuestion& question);

/// How long a refresh may wait for its lock on the view. CONCURRENTLY stops nobody meanwhile: five seconds. Behind a plain one
/// that waits readers queue: at most `allowed`, and no more than 100 ms of it as long as there is time for another try: before
/// `latest_start` (kNever: none) less `allowed`, and before three lock timeouts.
[[nodiscard]] Micros LockWait(RefreshMethod method, Micros allowed, Micros latest_start, int lock_timeouts, Micros now);

}  // namespace steward::core
