// The load itself: one thread, one epoll, every client connection of every class. Owns the order of events; when
// requests are due, who waits, what is sent and what is counted have files of their own.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "db/connect_options.hpp"
#include "load/app_pool.hpp"
#include "load/arrivals.hpp"
#include "load/client.hpp"
#include "load/plan.hpp"
#include "load/pooler_watch.hpp"
#include "load/sampler.hpp"
#include "load/strata.hpp"
#include "load/tally.hpp"

namespace steward::load {

struct DriverOptions {
  std::uint64_t seed = 0;
  double connect_limit_s = 30;        // until all connections stand
  double attempt_limit_s = 10;        // of one connection attempt
  int connecting_at_once = 64;        // below the backlog of 128 that PgBouncer and PostgreSQL listen with
  std::optional<int> pooler_pid;      // none: the process that listens on the unix socket
  std::optional<int> postmaster_pid;  // of a server on this machine
  Sampler* server = nullptr;          // these three may be missing; they outlive the driver
  Sampler* console = nullptr;
  PoolerWatch* pooler = nullptr;
  std::function<bool()> stop = [] { return false; };
  std::function<void(const std::string& phase, std::optional<double> share)> progress = [](auto&&...) {};
};

class Driver {
 public:
  /// `keywords`: how each class connects, in the order of `classes`.
  Driver(std::vector<LoadClass> classes, std::vector<db::Keywords> keywords, DriverOptions options);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  /// Opens all connections, some at a time, each retried with backoff. Throws db::ConnectionError when that is of no
  /// use or takes too long, db::Interrupted when it was stopped.
  void Connect();

  /// Drives the load for `warmup_s`, then for `duration_s`, of which it tells; then waits at most `drain_s` for what
  /// that began, as long as it decides whether promises are kept. Can be called again: connections stay, and what still
  /// runs is not counted twice. Ends early, with what there is, when stopped.
  model::LoadResult Run(double warmup_s, double duration_s, double drain_s);

 private:
  struct Class {
    LoadClass spec;
    db::Keywords keywords;
    ArrivalClock clock;
    AppPool pool;
    Random random;
    Tally tally;
    double weights = 0;
    Strata strata = {};
  };
  struct Slot {
    Client client;
    std::size_t class_index = 0;
    ArrivalClock::Arrival request;
    const Script* script = nullptr;  // nullptr: no request
    std::size_t statement = 0;
    std::vector<std::int64_t> values;
    Nanoseconds sent = 0;
    std::optional<Failure> failure;
    bool rolling_back = false;
    std::uint64_t serial = 0;  // of its request
    int attempts_failed = 0;
    Nanoseconds connecting_since = 0;
    int watched_socket = -1;
    unsigned watched = 0;
  };
  struct Usage;

  static Nanoseconds Now();
  Class& ClassOf(const Slot& slot) { return classes_[slot.class_index]; }

  // Events.
  void Wait(Nanoseconds until);
  void Watch(std::size_t index);
  void Handle(std::size_t index);
  Nanoseconds NextEvent() const;
  void TakeArrivals(Nanoseconds now);
  void Expire(Nanoseconds now);
  void Tick(Nanoseconds now);

  // Connections.
  void PumpConnections(Nanoseconds now);
  void CheckProgress(Nanoseconds now, Nanoseconds begun) const;
  void OnConnected(std::size_t index);
  void OnBroken(std::size_t index, const Failure& failure);
  void CheckLimits(std::size_t index, Nanoseconds now);

  // Requests.
  void Start(std::size_t index, const ArrivalClock::Arrival& request);
  void SendNext(std::size_t index);
  void OnAnswered(std::size_t index);
  void EndPauses(Nanoseconds now);
  void End(std::size_t index);
  const Script& PickScript(Class& load_class);

  void BeginRun(Nanoseconds now);
  bool Drive(const char* phase, Nanoseconds until);  // false: stopped before
  void Drain(double seconds);
  std::vector<model::LoadClassResult> Results() const;
  void AddContext(model::LoadResult& result) const;
  Usage ReadUsage() const;
  static void AddUsage(model::LoadResult& result, const Usage& before, const Usage& after);
  std::optional<model::PoolUse> PoolOf(const LoadClass& spec) const;

  std::vector<Class> classes_;
  std::vector<Slot> slots_;
  DriverOptions options_;
  std::vector<Sampler*> samplers_;
  Random random_;
  int epoll_ = -1;
  int timer_ = -1;
  Nanoseconds armed_ = kNever;
  bool running_ = false;
  Nanoseconds next_tick_ = 0;
  Nanoseconds next_look_ = 0;

  std::deque<std::size_t> to_connect_;
  using Retry = std::pair<Nanoseconds, std::size_t>;
  std::priority_queue<Retry, std::vector<Retry>, std::greater<>> retries_;
  struct Pause {
    Nanoseconds until = 0;
    std::size_t index = 0;
    std::uint64_t serial = 0;
    bool operator>(const Pause& other) const { return until > other.until; }
  };
  std::priority_queue<Pause, std::vector<Pause>, std::greater<>> pauses_;
  std::uint64_t serial_ = 0;
  int connecting_ = 0;
  int connected_ = 0;
  std::uint64_t connect_retries_ = 0;
  Nanoseconds last_progress_ = 0;
  std::optional<Failure> last_failure_;
  std::size_t last_failed_ = 0;  // its slot
  double connect_s_ = 0;
  std::optional<int> pooler_pid_;
  Times lateness_;
};

}  // namespace steward::load
