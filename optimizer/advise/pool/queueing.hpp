// Closed forms of queueing theory: bounds and starting points for pool sizes, and what the simulator is held against.
// Times are milliseconds, rates transactions a millisecond.
#pragma once

#include <algorithm>
#include <limits>

namespace steward::advise::pool {

/// Probability that an arrival waits in M/M/c with `offered` load in erlangs; 1 where offered >= servers (Erlang C, by the
/// recursion of Erlang B).
double ErlangC(int servers, double offered);

/// Mean wait in M/G/c by Allen and Cunneen: exact for exponential service (cv2 = 1). Infinite where it is not stable.
double MeanWait(int servers, double rate, double service_ms, double service_cv2 = 1);

/// Throughput of `users` who think and then hold one of `servers` (M/M/c//N, the machine repairman).
double RepairmanThroughput(int users, double think_ms, int servers, double service_ms);

/// Who else wants the cores.
struct Competition {
  double always = 0;  // processes that have work of their own
  double along = 0;   // that work for the transactions, once as many of these run as there are cores; less where fewer do
  double along_each = std::numeric_limits<double>::infinity();  // no more than these for each that runs

  /// Of `cores`, what `running` transactions get.
  double Left(double cores, double running) const {
    const double wanting = running + always + std::min(along * std::min(1.0, running / cores), along_each * running);
    return wanting <= cores ? running : cores * running / wanting;
  }
};

/// A pool of connections that are all busy, over cores shared by processor sharing. Its throughput and mean hold time are
/// exact whatever the distributions of service and waits (BCMP), but for locks, of which one class of lock is
/// approximated.
struct SaturatedPool {
  double cores = 1;
  Competition others;
  double cpu_ms = 0;       // of a transaction
  double overhead_ms = 0;  // more of it for each other connection that runs
  double delay_ms = 0;     // of a transaction, whatever the load
  double lock_share = 0;   // of the transaction that runs under a lock
  int locks = 0;           // as many are equally wanted; 0: none

  /// Transactions a millisecond with `connections` all busy.
  double Throughput(int connections) const;
  /// Smallest number of connections with at least `share` of the best throughput of 1..limit.
  int Smallest(double share, int limit) const;
  /// Where throughput would stop growing were there no variability: cores * (1 + delay / cpu).
  double Knee() const;
};

}  // namespace steward::advise::pool
