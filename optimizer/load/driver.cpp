// The loop of events and the run. See driver.hpp; connections and requests are in driver_requests.cpp.
#include "load/driver.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "db/error.hpp"
#include "load/processes.hpp"
#include "load/slo.hpp"

namespace steward::load {

namespace {

constexpr Nanoseconds kTick = 50'000'000;
constexpr std::uint64_t kTimerEvent = UINT64_MAX;
constexpr std::uint64_t kSamplerEvents = UINT64_MAX - 8;  // from here up to the timer's

Nanoseconds FromSeconds(double seconds) {
  return static_cast<Nanoseconds>(seconds * 1e9);
}

ArrivalClock ClockOf(const LoadClass& spec, std::uint64_t seed) {
  return spec.rate > 0 ? ArrivalClock::Poisson(spec.rate, seed)
                       : ArrivalClock::Users(spec.users, spec.think_time_s, seed);
}

int Cores() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

void Add(int epoll, int file, std::uint64_t data) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = data;
  epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event);
}

}  // namespace

struct Driver::Usage {
  MachineTicks machine;
  std::optional<double> pooler;
  std::optional<double> server;
  double own = 0;
};

Driver::Driver(std::vector<LoadClass> classes, std::vector<db::Keywords> keywords, DriverOptions options)
    : options_(std::move(options)), random_(options_.seed) {
  for (std::size_t i = 0; i < classes.size(); ++i) {
    LoadClass& spec = classes[i];
    double weights = 0;
    for (const Script& script : spec.scripts) weights += script.weight;
    ArrivalClock clock = ClockOf(spec, random_.Next());
    AppPool pool(spec.acquire_timeout_s);
    classes_.push_back({std::move(spec), std::move(keywords[i]), std::move(clock), std::move(pool),
                        Random(random_.Next()), Tally(), weights});
  }
  for (std::size_t i = 0; i < classes_.size(); ++i)
    for (int n = classes_[i].spec.Connections(); n > 0; --n) {
      slots_.emplace_back();
      slots_.back().class_index = i;
      to_connect_.push_back(slots_.size() - 1);
    }
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (epoll_ < 0 || timer_ < 0)
    throw db::Error({std::string("could not create an event queue: ") + std::strerror(errno), "", "", ""});
  Add(epoll_, timer_, kTimerEvent);
  for (Sampler* sampler : {options_.server, options_.console})
    if (sampler != nullptr) {
      Add(epoll_, sampler->socket(), kSamplerEvents + samplers_.size());
      samplers_.push_back(sampler);
    }
}

Driver::~Driver() {
  slots_.clear();
  if (timer_ >= 0) close(timer_);
  if (epoll_ >= 0) close(epoll_);
}

Nanoseconds Driver::Now() {
  // The same clock as the timer's.
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void Driver::Wait(Nanoseconds until) {
  if (until != armed_) {
    itimerspec when = {};
    const Nanoseconds at = std::max<Nanoseconds>(until, 1);
    when.it_value.tv_sec = at / 1'000'000'000;
    when.it_value.tv_nsec = at % 1'000'000'000;
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
    armed_ = until;
  }
  std::array<epoll_event, 256> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
    if (data == kTimerEvent) {
      std::uint64_t expirations = 0;
      if (read(timer_, &expirations, sizeof(expirations)) > 0) armed_ = kNever;
    } else if (data >= kSamplerEvents) {
      samplers_[static_cast<std::size_t>(data - kSamplerEvents)]->Ready();
    } else {
      Handle(static_cast<std::size_t>(data));
    }
  }
}

void Driver::Watch(std::size_t index) {
  Slot& slot = slots_[index];
  if (slot.client.state() == Client::State::kClosed) {
    slot.watched_socket = -1;  // closing took it out of the queue
    return;
  }
  const unsigned wanted = (slot.client.wants_read() ? static_cast<unsigned>(EPOLLIN) : 0U) |
                          (slot.client.wants_write() ? static_cast<unsigned>(EPOLLOUT) : 0U);
  const int socket = slot.client.socket();
  const bool connecting = slot.client.state() == Client::State::kConnecting;
  // While connecting libpq may have opened another socket under the same number.
  if (socket == slot.watched_socket && wanted == slot.watched && !connecting) return;
  epoll_event event = {};
  event.events = wanted;
  event.data.u64 = index;
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, socket, &event) != 0) epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
  slot.watched_socket = socket;
  slot.watched = wanted;
}

void Driver::Handle(std::size_t index) {
  Slot& slot = slots_[index];
  switch (slot.client.Ready()) {
    case Client::Event::kConnected:
      OnConnected(index);
      break;
    case Client::Event::kAnswered:
      OnAnswered(index);
      break;
    case Client::Event::kBroken:
      OnBroken(index, *slot.client.failure());
      break;
    default:
      break;
  }
  Watch(index);
}

Nanoseconds Driver::NextEvent() const {
  Nanoseconds next = next_tick_;
  if (!retries_.empty() && connecting_ < options_.connecting_at_once) next = std::min(next, retries_.top().first);
  for (const Class& load_class : classes_) next = std::min(next, load_class.pool.next_deadline());
  if (!pauses_.empty()) next = std::min(next, pauses_.top().until);
  if (!running_) return next;
  if (!samplers_.empty()) next = std::min(next, next_look_);
  for (const Class& load_class : classes_) next = std::min(next, load_class.clock.next());
  return next;
}

void Driver::TakeArrivals(Nanoseconds now) {
  for (Class& load_class : classes_) {
    while (load_class.clock.next() <= now) {
      const ArrivalClock::Arrival request = load_class.clock.Take();
      load_class.tally.Arrived(request.intended);
      lateness_.Add(now - request.intended);
      if (const auto index = load_class.pool.Acquire(request)) {
        Start(static_cast<std::size_t>(*index), request);
        Watch(static_cast<std::size_t>(*index));
      }
    }
  }
}

void Driver::Expire(Nanoseconds now) {
  for (Class& load_class : classes_) {
    for (const ArrivalClock::Arrival& request : load_class.pool.Expire(now)) {
      load_class.tally.AcquireTimeout(request.intended, now);
      load_class.clock.Ended(request.user, now);
    }
  }
}

void Driver::Tick(Nanoseconds now) {
  if (now < next_tick_) return;
  next_tick_ = now + kTick;
  for (std::size_t i = 0; i < slots_.size(); ++i) CheckLimits(i, now);
}

Driver::Usage Driver::ReadUsage() const {
  Usage usage;
  usage.machine = ReadMachineTicks().value_or(MachineTicks{});
  if (pooler_pid_) usage.pooler = ReadProcessCpu(*pooler_pid_);
  if (options_.postmaster_pid) usage.server = ReadServerCpu(*options_.postmaster_pid);
  usage.own = OwnCpu();
  return usage;
}

void Driver::AddUsage(model::LoadResult& result, const Usage& before, const Usage& after) {
  const double seconds = std::max(result.duration_s, 1e-9);
  const std::uint64_t total = after.machine.total - before.machine.total;
  if (total > 0)
    result.machine_cpu = static_cast<double>(after.machine.busy - before.machine.busy) / static_cast<double>(total);
  if (before.pooler && after.pooler) result.pooler_cpu = (*after.pooler - *before.pooler) / seconds;
  if (before.server && after.server) result.server_cpu = (*after.server - *before.server) / seconds;
  result.driver_cpu = (after.own - before.own) / seconds;
  if (result.pooler_cpu && result.server_cpu)
    result.foreign_cpu =
        std::max(result.machine_cpu * Cores() - *result.pooler_cpu - *result.server_cpu - result.driver_cpu, 0.0);
}

void Driver::BeginRun(Nanoseconds now) {
  for (Class& load_class : classes_) {
    for (const ArrivalClock::Arrival& left : load_class.pool.Expire(kNever)) load_class.clock.Ended(left.user, now);
    load_class.clock.Begin(now);
    load_class.tally = Tally();
  }
  next_look_ = now;
}

bool Driver::Drive(const char* phase, Nanoseconds until) {
  const Nanoseconds start = Now();
  Nanoseconds now = start;
  running_ = true;
  for (; now < until && !options_.stop(); now = Now()) {
    EndPauses(now);
    TakeArrivals(now);
    Expire(now);
    PumpConnections(now);
    if (now >= next_tick_)
      options_.progress(phase, static_cast<double>(now - start) / static_cast<double>(until - start));
    Tick(now);
    if (now >= next_look_) {
      for (Sampler* sampler : samplers_) sampler->Ask();
      next_look_ = now + Sampler::kPeriod;
    }
    Wait(std::min(NextEvent(), until));
  }
  running_ = false;
  return now >= until;
}

// What the window began is waited for, with nothing new, while it can change what is found.
void Driver::Drain(double seconds) {
  const Nanoseconds until = Now() + FromSeconds(seconds);
  bool open = true;
  for (Nanoseconds now = Now(); now < until && !options_.stop(); now = Now()) {
    EndPauses(now);
    Expire(now);
    PumpConnections(now);
    if (now >= next_tick_) {
      const std::vector<model::LoadClassResult> results = Results();
      open = std::any_of(results.begin(), results.end(), [](const auto& one) { return !one.undecided.empty(); });
      options_.progress("waiting for what still runs", std::nullopt);
    }
    if (!open) return;
    Tick(now);
    Wait(std::min(NextEvent(), until));
  }
}

model::LoadResult Driver::Run(double warmup_s, double duration_s, double drain_s) {
  const Nanoseconds start = Now();
  BeginRun(start);
  model::LoadResult result;
  result.warmup_s = warmup_s;
  bool whole = Drive("warming up", start + FromSeconds(warmup_s));
  if (whole) {
    // Looking takes time: the window begins when that is over.
    const Usage before = ReadUsage();
    for (Sampler* sampler : samplers_) sampler->Begin();
    lateness_ = {};
    const Nanoseconds begin = Now();
    if (warmup_s <= 0) BeginRun(begin);
    const Nanoseconds planned_end = begin + FromSeconds(duration_s);
    for (Class& load_class : classes_) load_class.tally.Begin(begin, planned_end);
    whole = Drive("measuring", planned_end);
    const Nanoseconds end = std::min(Now(), planned_end);
    result.duration_s = static_cast<double>(end - begin) / 1e9;
    result.lateness_p99_ms = lateness_.Summary().p99_ms;
    AddUsage(result, before, ReadUsage());
    if (options_.pooler != nullptr) options_.pooler->Read();
    for (Class& load_class : classes_) load_class.tally.Cut(end);
    if (whole) Drain(drain_s);
  }
  result.interrupted = !whole || options_.stop();
  AddContext(result);
  result.classes = Results();
  return result;
}

// PgBouncer knows when a connection was a client's; the server, when it ran something, and by names of its own.
std::optional<model::PoolUse> Driver::PoolOf(const LoadClass& spec) const {
  const PoolerWatch::Entry* entry = options_.pooler == nullptr ? nullptr : options_.pooler->Find(spec.database);
  const std::string& user = entry != nullptr && !entry->forced_user.empty() ? entry->forced_user : spec.user;
  std::optional<model::PoolUse> use;
  if (options_.console != nullptr) use = options_.console->Use(spec.database, user);
  if (!use && options_.server != nullptr)
    use = options_.server->Use(entry != nullptr && !entry->dbname.empty() ? entry->dbname : spec.database, user);
  if (use && entry != nullptr && entry->pool_size > 0) use->size = entry->pool_size;
  return use;
}

std::vector<model::LoadClassResult> Driver::Results() const {
  const Nanoseconds now = Now();
  std::vector<Tally> tallies;
  for (const Class& load_class : classes_) {
    tallies.push_back(load_class.tally);
    for (const ArrivalClock::Arrival& request : load_class.pool.waiting())
      tallies.back().StillWaiting(request.intended, now);
  }
  for (const Slot& slot : slots_)
    if (slot.script != nullptr) tallies[slot.class_index].StillRunning(slot.request.intended, slot.sent, now);
  std::vector<model::LoadClassResult> results;
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    model::LoadClassResult& result = results.emplace_back(tallies[i].Result(classes_[i].spec));
    result.pool = PoolOf(classes_[i].spec);
    result.missed = Missed(result);
    result.undecided = Undecided(result);
  }
  return results;
}

void Driver::AddContext(model::LoadResult& result) const {
  result.seed = options_.seed;
  result.connections = static_cast<int>(slots_.size());
  result.connect_s = connect_s_;
  result.connect_retries = connect_retries_;
  result.cores = Cores();
  if (pooler_pid_) result.pooler_memory = ReadProcessMemory(*pooler_pid_);
}

}  // namespace steward::load
