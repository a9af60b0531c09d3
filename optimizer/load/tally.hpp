// Counts what became of the requests of one class. A request belongs to the window in which it wanted to start.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load/arrivals.hpp"
#include "load/plan.hpp"
#include "load/times.hpp"

namespace steward::load {

/// How a request ended that did not succeed.
struct Failure {
  bool timeout = false;  // of a query, a statement or PgBouncer's queue
  std::string sqlstate;
  std::string message;
};

/// A failed statement or a closed connection: query_wait_timeout and the like of PgBouncer and canceled statements are
/// timeouts, everything else is an error.
Failure Classify(const std::string& sqlstate, const std::string& message);

class Tally {
 public:
  /// Requests that want to start from `begin` to before `end` count.
  void Begin(Nanoseconds begin, Nanoseconds end);
  /// The window ends now, earlier than it was to.
  void Cut(Nanoseconds end) { end_ = end; }

  void Arrived(Nanoseconds intended);
  void Acquired(Nanoseconds intended, Nanoseconds now);
  void AcquireTimeout(Nanoseconds intended, Nanoseconds now);
  void Succeeded(Nanoseconds intended, Nanoseconds sent, Nanoseconds now);
  void Failed(Nanoseconds intended, Nanoseconds now, const Failure& failure);
  /// At the end: a request that still waits for a connection, or one that has been sent.
  void StillWaiting(Nanoseconds intended, Nanoseconds now);
  void StillRunning(Nanoseconds intended, Nanoseconds sent, Nanoseconds now);
  void ConnectionLost() { ++result_.connections_lost; }
  void ConnectionFailed() { ++result_.connection_failures; }

  model::LoadClassResult Result(const LoadClass& load_class) const;

 private:
  static constexpr std::size_t kSlices = 10;  // of the window, for the interval of the throughput

  bool Counts(Nanoseconds intended) const { return intended >= begin_ && intended < end_; }

  Nanoseconds begin_ = kNever;
  Nanoseconds end_ = kNever;
  Nanoseconds planned_end_ = kNever;
  model::LoadClassResult result_;
  Times response_;
  Times acquire_;
  Times service_;
  std::vector<std::uint64_t> succeeded_;  // in each slice, by when it ended
};

}  // namespace steward::load
