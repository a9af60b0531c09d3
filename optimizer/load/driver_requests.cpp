// The driver's connections and requests. Declared in driver.hpp.
#include <fmt/format.h>

#include <algorithm>

#include "db/error.hpp"
#include "load/backoff.hpp"
#include "load/driver.hpp"
#include "load/processes.hpp"

namespace steward::load {

namespace {

constexpr Nanoseconds kStuck = 3'000'000'000;  // without a new connection, while others fail

}  // namespace

void Driver::Connect() {
  AllowConnections(static_cast<int>(slots_.size()));
  const Nanoseconds begun = last_progress_ = Now();
  while (connected_ < static_cast<int>(slots_.size())) {
    const Nanoseconds now = Now();
    if (options_.stop()) throw db::Interrupted({"canceled by the user", "", "", ""});
    CheckProgress(now, begun);
    PumpConnections(now);
    if (now >= next_tick_)
      options_.progress(fmt::format("connecting {} clients", slots_.size()),
                        static_cast<double>(connected_) / static_cast<double>(slots_.size()));
    Tick(now);
    Wait(NextEvent());
  }
  connect_s_ = static_cast<double>(Now() - begun) / 1e9;
  pooler_pid_ = options_.pooler_pid ? options_.pooler_pid : PeerProcess(slots_.front().client.socket());
}

// Refusals are waited out, because those who leave make room; what will not change is not.
void Driver::CheckProgress(Nanoseconds now, Nanoseconds begun) const {
  const bool permanent = last_failure_ && IsPermanent(*last_failure_);
  const bool stuck = last_failure_ && now - last_progress_ > kStuck;
  const bool late = static_cast<double>(now - begun) / 1e9 > options_.connect_limit_s;
  if (!permanent && !stuck && !late) return;
  std::string hint =
      "Check that the pooler runs and that -h, -p, -d and -U and the classes' database and user name it.";
  if (last_failure_ && (last_failure_->message.find("no more connections allowed") != std::string::npos ||
                        last_failure_->sqlstate == "53300"))
    hint = "Raise max_client_conn of PgBouncer (or max_connections), or let users share connections with app_pool.";
  const LoadClass& spec = classes_[slots_[last_failed_].class_index].spec;
  const std::string detail = last_failure_
                                 ? fmt::format("The last one failed, of class \"{}\", database \"{}\", user \"{}\": {}",
                                               spec.name, spec.database, spec.user, last_failure_->message)
                                 : "The others were not answered.";
  throw db::ConnectionError({fmt::format("{} of {} connections could be opened", connected_, slots_.size()), detail,
                             hint, last_failure_ ? last_failure_->sqlstate : ""});
}

void Driver::PumpConnections(Nanoseconds now) {
  while (!retries_.empty() && retries_.top().first <= now) {
    to_connect_.push_back(retries_.top().second);
    retries_.pop();
  }
  while (!to_connect_.empty() && connecting_ < options_.connecting_at_once) {
    const std::size_t index = to_connect_.front();
    to_connect_.pop_front();
    Slot& slot = slots_[index];
    slot.connecting_since = now;
    ++connecting_;
    if (!slot.client.Connect(ClassOf(slot).keywords)) OnBroken(index, *slot.client.failure());
    Watch(index);
  }
}

void Driver::OnConnected(std::size_t index) {
  Slot& slot = slots_[index];
  --connecting_;
  ++connected_;
  slot.attempts_failed = 0;
  slot.connecting_since = 0;
  last_progress_ = Now();
  if (const auto request = ClassOf(slot).pool.Release(static_cast<int>(index))) Start(index, *request);
}

void Driver::OnBroken(std::size_t index, const Failure& failure) {
  Slot& slot = slots_[index];
  Class& load_class = ClassOf(slot);
  const Nanoseconds now = Now();
  slot.watched_socket = -1;
  if (slot.connecting_since != 0) {
    --connecting_;
    slot.connecting_since = 0;
    ++connect_retries_;
    last_failure_ = failure;
    last_failed_ = index;
    load_class.tally.ConnectionFailed();
  } else {
    --connected_;
    load_class.tally.ConnectionLost();
    if (slot.script == nullptr) load_class.pool.Remove(static_cast<int>(index));
  }
  if (slot.script != nullptr) {
    load_class.tally.Failed(slot.request.intended, now, slot.failure.value_or(failure));
    slot.script = nullptr;
    load_class.clock.Ended(slot.request.user, now);
  }
  retries_.emplace(now + static_cast<Nanoseconds>(BackoffSeconds(++slot.attempts_failed, random_) * 1e9), index);
}

void Driver::CheckLimits(std::size_t index, Nanoseconds now) {
  Slot& slot = slots_[index];
  const auto over = [&](Nanoseconds since, double limit_s) { return static_cast<double>(now - since) / 1e9 > limit_s; };
  if (slot.client.state() == Client::State::kConnecting && over(slot.connecting_since, options_.attempt_limit_s)) {
    slot.client.Close();
    OnBroken(index, {false, "", fmt::format("no answer within {:.4g} s of connecting", options_.attempt_limit_s)});
  } else if (slot.script != nullptr && over(slot.sent, ClassOf(slot).spec.timeout_s)) {
    slot.client.Close();
    OnBroken(index, {true, "", fmt::format("no answer within {:.4g} s", ClassOf(slot).spec.timeout_s)});
  }
}

const Script& Driver::PickScript(Class& load_class) {
  const std::vector<Script>& scripts = load_class.spec.scripts;
  if (scripts.size() == 1) return scripts.front();
  double at = load_class.strata.Next(load_class.random) * load_class.weights;
  for (const Script& script : scripts)
    if ((at -= script.weight) < 0) return script;
  return scripts.back();
}

void Driver::Start(std::size_t index, const ArrivalClock::Arrival& request) {
  Slot& slot = slots_[index];
  Class& load_class = ClassOf(slot);
  slot.request = request;
  slot.script = &PickScript(load_class);
  slot.values = DrawValues(*slot.script, load_class.random);
  slot.statement = 0;
  slot.failure.reset();
  slot.rolling_back = false;
  slot.serial = ++serial_;
  slot.sent = Now();
  load_class.tally.Acquired(request.intended, slot.sent);
  SendNext(index);
}

void Driver::SendNext(std::size_t index) {
  Slot& slot = slots_[index];
  const ScriptStatement& statement = slot.script->statements[slot.statement];
  if (statement.pause_s > 0)
    pauses_.push({Now() + static_cast<Nanoseconds>(statement.pause_s * 1e9), index, slot.serial});
  else if (!slot.client.Send(statement, slot.values, ClassOf(slot).spec.extended))
    OnBroken(index, *slot.client.failure());
}

void Driver::EndPauses(Nanoseconds now) {
  while (!pauses_.empty() && pauses_.top().until <= now) {
    const Pause pause = pauses_.top();
    pauses_.pop();
    const Slot& slot = slots_[pause.index];
    if (slot.script == nullptr || slot.serial != pause.serial) continue;  // it broke or timed out meanwhile
    OnAnswered(pause.index);
    Watch(pause.index);
  }
}

void Driver::OnAnswered(std::size_t index) {
  Slot& slot = slots_[index];
  if (slot.script == nullptr) return;
  if (!slot.failure) slot.failure = slot.client.failure();
  const bool last = slot.failure || slot.rolling_back || ++slot.statement == slot.script->statements.size();
  if (!last) return SendNext(index);
  if (!slot.rolling_back && slot.client.in_transaction()) {
    slot.rolling_back = true;
    if (!slot.client.Rollback()) OnBroken(index, *slot.client.failure());
    return;
  }
  End(index);
}

void Driver::End(std::size_t index) {
  Slot& slot = slots_[index];
  Class& load_class = ClassOf(slot);
  const Nanoseconds now = Now();
  if (slot.failure)
    load_class.tally.Failed(slot.request.intended, now, *slot.failure);
  else
    load_class.tally.Succeeded(slot.request.intended, slot.sent, now);
  slot.script = nullptr;
  load_class.clock.Ended(slot.request.user, now);
  if (const auto request = load_class.pool.Release(static_cast<int>(index))) Start(index, *request);
}

}  // namespace steward::load
