// See simulator.hpp.
#include "advise/pool/simulator.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <queue>
#include <utility>

#include "advise/pool/shared_cores.hpp"

namespace steward::advise::pool {

namespace {

constexpr std::int64_t kMostSteps = 200;  // a transaction

constexpr double kEven = 0.1;  // squared coefficient of variation

enum class Stage { kGone, kWaiting, kFree, kLocked };

struct Transaction {
  std::size_t kind = 0;  // class
  double arrived = 0;
  double began = 0;
  double size = 1;
  Stage stage = Stage::kGone;
  bool delayed = false;  // the stage's CPU is done
  std::size_t lock = 0;
  std::uint64_t number = 0;  // which of the transactions that had this place
};

struct Event {
  double at = 0;
  enum class Kind { kArrival, kTimeout, kDelayOver, kOnCore } kind = Kind::kArrival;
  std::size_t place = 0;
  std::uint64_t number = 0;
  std::uint64_t order = 0;

  bool operator>(const Event& other) const { return at != other.at ? at > other.at : order > other.order; }
};

struct Lock {
  bool held = false;
  std::deque<std::size_t> waiting;
};

struct Tally {
  std::vector<float> waits;
  std::vector<float> responses;
  double wait_sum = 0;
  double hold_sum = 0;
  double timeouts = 0;
  double busy_area = 0;
  int busy = 0;
};

class Simulation {
 public:
  Simulation(const SimulatedSystem& system, std::uint64_t seed)
      : system_(system),
        cores_(system.cores, system.others, system.slice_ms),
        arrivals_(seed * 4 + 1),
        kinds_(seed * 4 + 2),
        sizes_(seed * 4 + 3),
        lock_choice_(seed * 4 + 4),
        slices_(seed * 4 + 5),
        queues_(system.pools.size()),
        pools_(system.pools.size()),
        classes_(system.classes.size()) {
    for (const SimulatedClass& one : system.classes) {
      shares_ += one.share;
      locks_.emplace_back(static_cast<std::size_t>(std::max(one.locks, 0)));
    }
  }

  SimulatedOutcomes Run(std::int64_t transactions);

 private:
  void Push(double at, Event::Kind kind, std::size_t place = 0, std::uint64_t number = 0) {
    events_.push({at, kind, place, number, ++order_});
  }
  void Begin();
  void Step();
  void MoveTo(double at);
  void Arrive();
  void Serve(std::size_t place);
  void Work(std::size_t place);
  void WorkOnCore(std::size_t place);
  void CpuDone(std::size_t place);
  void DelayDone(std::size_t place);
  void AskForLock(std::size_t place);
  void Finish(std::size_t place);
  void GiveUp(std::size_t place);
  void Leave(std::size_t place);
  void ForgetWarmUp();
  SimulatedOutcome Outcome(Tally& tally) const;

  double StageShare(const Transaction& transaction) const {
    const SimulatedClass& kind = system_.classes[transaction.kind];
    const double locked = kind.locks > 0 ? kind.lock_share : 0;
    return transaction.stage == Stage::kLocked ? locked : 1 - locked;
  }
  std::size_t PoolOf(std::size_t place) const { return system_.classes[transactions_[place].kind].pool; }
  void Occupy(std::size_t place, int change);

  const SimulatedSystem& system_;
  SharedCores cores_;
  Random arrivals_;
  Random kinds_;
  Random sizes_;
  Random lock_choice_;
  Random slices_;
  double shares_ = 0;
  double now_ = 0;
  double measured_from_ = 0;
  double cores_before_ = 0;
  std::int64_t ended_ = 0;
  std::uint64_t order_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<Transaction> transactions_;
  std::vector<std::size_t> unused_;
  std::vector<std::deque<std::pair<std::size_t, std::uint64_t>>> queues_;  // of a pool: places and their numbers
  std::vector<Tally> pools_;
  std::vector<Tally> classes_;
  std::vector<std::vector<Lock>> locks_;  // of a class
};

void Simulation::Occupy(std::size_t place, int change) {
  pools_[PoolOf(place)].busy += change;
  classes_[transactions_[place].kind].busy += change;
}

void Simulation::Begin() {
  if (system_.users == 0) return Push(arrivals_.Exponential() / system_.rate, Event::Kind::kArrival);
  for (int user = 0; user < system_.users; ++user)
    Push(system_.think_ms * arrivals_.Exponential(), Event::Kind::kArrival);
}

void Simulation::MoveTo(double at) {
  const double span = at - now_;
  cores_.Advance(span);
  for (auto* tallies : {&pools_, &classes_})
    for (Tally& tally : *tallies) tally.busy_area += tally.busy * span;
  now_ = at;
}

void Simulation::Step() {
  const double cpu_at = now_ + cores_.UntilNext();
  if (events_.empty() || cpu_at <= events_.top().at) {
    MoveTo(cpu_at);
    return CpuDone(cores_.PopNext());
  }
  const Event event = events_.top();
  events_.pop();
  MoveTo(event.at);
  if (event.kind == Event::Kind::kArrival) return Arrive();
  const Transaction& transaction = transactions_[event.place];
  if (transaction.number != event.number) return;
  if (event.kind == Event::Kind::kDelayOver) return DelayDone(event.place);
  if (event.kind == Event::Kind::kOnCore) return WorkOnCore(event.place);
  if (transaction.stage == Stage::kWaiting) GiveUp(event.place);
}

void Simulation::Arrive() {
  if (system_.users == 0) Push(now_ + arrivals_.Exponential() / system_.rate, Event::Kind::kArrival);
  std::size_t place = transactions_.size();
  if (unused_.empty()) {
    transactions_.emplace_back();
  } else {
    place = unused_.back();
    unused_.pop_back();
  }
  Transaction& transaction = transactions_[place];
  double choice = kinds_.Uniform() * shares_;
  transaction.kind = 0;
  while (transaction.kind + 1 < system_.classes.size() && choice >= system_.classes[transaction.kind].share)
    choice -= system_.classes[transaction.kind++].share;
  transaction.arrived = now_;
  transaction.stage = Stage::kWaiting;
  transaction.size = system_.classes[transaction.kind].size.Draw(sizes_);
  const std::size_t pool = system_.classes[transaction.kind].pool;
  if (pools_[pool].busy < system_.pools[pool].connections) return Serve(place);
  queues_[pool].emplace_back(place, transaction.number);
  if (system_.pools[pool].acquire_timeout_ms > 0)
    Push(now_ + system_.pools[pool].acquire_timeout_ms, Event::Kind::kTimeout, place, transaction.number);
}

void Simulation::Serve(std::size_t place) {
  Transaction& transaction = transactions_[place];
  const double wait = now_ - transaction.arrived;
  for (Tally* tally : {&pools_[PoolOf(place)], &classes_[transaction.kind]}) {
    tally->waits.push_back(static_cast<float>(wait));
    tally->wait_sum += wait;
  }
  transaction.began = now_;
  transaction.stage = Stage::kFree;
  Occupy(place, 1);
  Work(place);
}

// The stage's CPU; its delay follows. All share the cores evenly in the long run, but who comes to cores that are taken waits
// for the rest of a slice each time.
void Simulation::Work(std::size_t place) {
  Transaction& transaction = transactions_[place];
  transaction.delayed = false;
  if (system_.slice_ms <= 0 || !cores_.Taken()) return WorkOnCore(place);
  const double wait = slices_.Uniform() * system_.slice_ms * system_.classes[transaction.kind].wakes * StageShare(transaction);
  Push(now_ + wait, Event::Kind::kOnCore, place, transaction.number);
}

void Simulation::WorkOnCore(std::size_t place) {
  Transaction& transaction = transactions_[place];
  const SimulatedClass& kind = system_.classes[transaction.kind];
  const double work = (transaction.size * kind.cpu_ms + kind.overhead_ms * cores_.Running()) * StageShare(transaction);
  // Alike to the microsecond they would begin and end together for ever.
  if (work > 0) return cores_.Add(place, kind.size.cv2() < kEven ? work * (0.5 + sizes_.Uniform()) : work);
  CpuDone(place);
}

void Simulation::CpuDone(std::size_t place) {
  Transaction& transaction = transactions_[place];
  transaction.delayed = true;
  const double delay = transaction.size * system_.classes[transaction.kind].delay_ms * StageShare(transaction);
  if (delay > 0) return Push(now_ + delay, Event::Kind::kDelayOver, place, transaction.number);
  DelayDone(place);
}

void Simulation::DelayDone(std::size_t place) {
  const bool free = transactions_[place].stage == Stage::kFree;
  if (free && system_.classes[transactions_[place].kind].locks > 0) return AskForLock(place);
  Finish(place);
}

void Simulation::AskForLock(std::size_t place) {
  Transaction& transaction = transactions_[place];
  std::vector<Lock>& locks = locks_[transaction.kind];
  transaction.lock = std::min(static_cast<std::size_t>(lock_choice_.Uniform() * static_cast<double>(locks.size())),
                              locks.size() - 1);
  transaction.stage = Stage::kLocked;
  Lock& lock = locks[transaction.lock];
  if (lock.held) return lock.waiting.push_back(place);
  lock.held = true;
  Work(place);
}

void Simulation::Finish(std::size_t place) {
  Transaction& transaction = transactions_[place];
  const std::size_t pool = PoolOf(place);
  for (Tally* tally : {&pools_[pool], &classes_[transaction.kind]}) {
    tally->responses.push_back(static_cast<float>(now_ - transaction.arrived));
    tally->hold_sum += now_ - transaction.began;
  }
  Occupy(place, -1);
  std::size_t next_under_lock = transactions_.size();
  if (transaction.stage == Stage::kLocked) {
    Lock& lock = locks_[transaction.kind][transaction.lock];
    lock.held = !lock.waiting.empty();
    if (lock.held) {
      next_under_lock = lock.waiting.front();
      lock.waiting.pop_front();
    }
  }
  Leave(place);
  if (next_under_lock < transactions_.size()) Work(next_under_lock);
  while (!queues_[pool].empty() && pools_[pool].busy < system_.pools[pool].connections) {
    const auto [next, number] = queues_[pool].front();
    queues_[pool].pop_front();
    if (transactions_[next].number == number) Serve(next);
  }
}

void Simulation::GiveUp(std::size_t place) {
  const double wait = now_ - transactions_[place].arrived;
  for (Tally* tally : {&pools_[PoolOf(place)], &classes_[transactions_[place].kind]}) {
    tally->waits.push_back(static_cast<float>(wait));
    tally->wait_sum += wait;
    ++tally->timeouts;
  }
  Leave(place);
}

// The client comes again once it has thought; one without a think time in an event of its own, so that it goes behind
// whoever waits already.
void Simulation::Leave(std::size_t place) {
  transactions_[place].stage = Stage::kGone;
  ++transactions_[place].number;
  unused_.push_back(place);
  ++ended_;
  if (system_.users > 0) Push(now_ + system_.think_ms * arrivals_.Exponential(), Event::Kind::kArrival);
}

void Simulation::ForgetWarmUp() {
  measured_from_ = now_;
  cores_before_ = cores_.Used();
  for (auto* tallies : {&pools_, &classes_})
    for (Tally& tally : *tallies) {
      const int busy = tally.busy;
      tally = {};
      tally.busy = busy;
    }
}

double Percentile95(std::vector<float>& values) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() * 95 / 100);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

SimulatedOutcome Simulation::Outcome(Tally& tally) const {
  const double span = now_ - measured_from_;
  const double served = static_cast<double>(tally.responses.size());
  const double came = static_cast<double>(tally.waits.size());
  SimulatedOutcome outcome;
  if (span <= 0) {
    outcome.timeout_ratio = tally.timeouts > 0 ? 1 : 0;
    return outcome;
  }
  outcome.throughput = served / span;
  outcome.busy = tally.busy_area / span;
  if (came > 0) outcome.wait_mean = tally.wait_sum / came;
  if (served > 0) outcome.hold_mean = tally.hold_sum / served;
  if (served + tally.timeouts > 0) outcome.timeout_ratio = tally.timeouts / (served + tally.timeouts);
  outcome.wait_p95 = Percentile95(tally.waits);
  outcome.response_p95 = Percentile95(tally.responses);
  return outcome;
}

SimulatedOutcomes Simulation::Run(std::int64_t transactions) {
  Begin();
  const std::int64_t warm_up = transactions / 5;
  double patience = 0;
  for (const SimulatedPool& pool : system_.pools) patience = std::max(patience, pool.acquire_timeout_ms);
  bool warm = false;
  // Who gives up does so all at once where all came at once: one whole patience is to be seen. No input may keep it busy for ever.
  const auto seen = [&] { return ended_ >= warm_up + transactions && now_ >= measured_from_ + patience; };
  for (std::int64_t steps = kMostSteps * transactions; steps > 0 && !(warm && seen()) && (!events_.empty() || cores_.Running() > 0); --steps) {
    Step();
    if (warm || ended_ < warm_up) continue;
    warm = true;
    ForgetWarmUp();
  }
  SimulatedOutcomes outcomes;
  for (Tally& tally : pools_) outcomes.pools.push_back(Outcome(tally));
  for (Tally& tally : classes_) outcomes.classes.push_back(Outcome(tally));
  if (now_ > measured_from_) outcomes.cores_used = (cores_.Used() - cores_before_) / (now_ - measured_from_);
  return outcomes;
}

}  // namespace

SimulatedOutcomes Simulate(const SimulatedSystem& system, std::int64_t transactions, std::uint64_t seed) {
  return Simulation(system, seed).Run(transactions);
}

}  // namespace steward::advise::pool
