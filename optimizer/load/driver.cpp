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
constexpr std::uint64_t kSamplerEvent = UINT64_MAX - 1;

Nanoseconds FromSeconds(double seconds) {
  return static_cast<Nanoseconds>(seconds * 1e9);
}

ArrivalClock ClockOf(const LoadClass& spec, std::uint64_t seed) {
  return spec.rate > 0 ? ArrivalClock::Poisson(spec.rate, seed)
                       : ArrivalClock::Users(spec.users, spec.think_time_s, seed);
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
    : options_(std::move(options)), sampler_(options_.sampler), random_(options_.seed) {
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
  if (sampler_ != nullptr) Add(epoll_, sampler_->socket(), kSamplerEvent);
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
    } else if (data == kSamplerEvent) {
      sampler_->Ready();
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
  if (!running_) return next;
  if (!pauses_.empty()) next = std::min(next, pauses_.top().until);
  if (sampler_ != nullptr) next = std::min(next, next_look_);
  for (const Class& load_class : classes_)
    next = std::min({next, load_class.clock.next(), load_class.pool.next_deadline()});
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
        std::max(result.machine_cpu * result.cores - *result.pooler_cpu - *result.server_cpu - result.driver_cpu, 0.0);
}

void Driver::BeginRun(Nanoseconds now, double warmup_s, double duration_s) {
  for (Class& load_class : classes_) {
    for (const ArrivalClock::Arrival& left : load_class.pool.Expire(kNever)) load_class.clock.Ended(left.user, now);
    load_class.clock.Begin(now);
    load_class.tally.Begin(now + FromSeconds(warmup_s), now + FromSeconds(warmup_s + duration_s));
  }
  lateness_ = {};
  next_look_ = now;
  running_ = true;
}

model::LoadResult Driver::Run(double warmup_s, double duration_s) {
  const Nanoseconds start = Now();
  const Nanoseconds begin = start + FromSeconds(warmup_s);
  const Nanoseconds planned_end = begin + FromSeconds(duration_s);
  BeginRun(start, warmup_s, duration_s);
  Usage before = ReadUsage();
  bool in_window = false;
  Nanoseconds now = start;
  while (now < planned_end && !options_.stop()) {
    if (!in_window && now >= begin) {
      before = ReadUsage();
      lateness_ = {};
      if (sampler_ != nullptr) sampler_->Begin();
      if (options_.pooler != nullptr) options_.pooler->Begin();
      in_window = true;
    }
    EndPauses(now);
    TakeArrivals(now);
    PumpConnections(now);
    if (now >= next_tick_) {
      const double share = static_cast<double>(now - start) / static_cast<double>(planned_end - start);
      options_.progress(in_window ? "measuring" : "warming up", share);
    }
    Tick(now);
    if (sampler_ != nullptr && now >= next_look_) {
      sampler_->Ask();
      next_look_ = now + Sampler::kPeriod;
    }
    Wait(std::min({NextEvent(), planned_end, in_window ? kNever : begin}));
    now = Now();
  }
  running_ = false;
  const Usage after = ReadUsage();
  if (options_.pooler != nullptr) options_.pooler->End(static_cast<double>(Now() - begin) / 1e9);
  model::LoadResult result = Finish(begin, std::clamp(now, begin, planned_end));
  result.interrupted = now < planned_end;
  result.warmup_s = warmup_s;
  AddUsage(result, before, after);
  return result;
}

// PgBouncer knows when a connection was a client's; the server, when it ran something.
std::optional<model::PoolUse> Driver::PoolOf(const LoadClass& spec) const {
  const auto seen = sampler_ == nullptr ? std::nullopt : sampler_->Use(spec.database, spec.user);
  auto use = options_.pooler == nullptr ? std::nullopt : options_.pooler->Use(spec.database);
  if (!use) return seen;
  if (seen) use->max_busy = seen->max_busy;
  return use;
}

model::LoadResult Driver::Finish(Nanoseconds begin, Nanoseconds end) {
  model::LoadResult result;
  for (Class& load_class : classes_) {
    load_class.tally.Cut(end);
    for (const ArrivalClock::Arrival& request : load_class.pool.waiting())
      load_class.tally.StillWaiting(request.intended);
  }
  for (Slot& slot : slots_)
    if (slot.script != nullptr) ClassOf(slot).tally.StillRunning(slot.request.intended, slot.sent);
  for (Class& load_class : classes_) {
    model::LoadClassResult of_class = load_class.tally.Result(load_class.spec);
    of_class.pool = PoolOf(load_class.spec);
    of_class.missed = Missed(of_class);
    result.classes.push_back(std::move(of_class));
  }
  result.seed = options_.seed;
  result.duration_s = static_cast<double>(end - begin) / 1e9;
  result.connections = static_cast<int>(slots_.size());
  result.connect_s = connect_s_;
  result.connect_retries = connect_retries_;
  result.cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  if (pooler_pid_) result.pooler_memory = ReadProcessMemory(*pooler_pid_);
  result.lateness_p99_ms = lateness_.Summary().p99_ms;
  return result;
}

}  // namespace steward::load
