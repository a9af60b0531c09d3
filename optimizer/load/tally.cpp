// See tally.hpp.
#include "load/tally.hpp"

#include <algorithm>

#include "load/confidence.hpp"
#include "load/slo.hpp"

namespace steward::load {

Failure Classify(const std::string& sqlstate, const std::string& message) {
  const auto says = [&](const char* text) { return message.find(text) != std::string::npos; };
  const bool timeout = sqlstate == "57014" || says("query_wait_timeout") || says("query timeout") ||
                       says("query_timeout") || says("transaction timeout");
  return {timeout, sqlstate, message};
}

void Tally::Begin(Nanoseconds begin, Nanoseconds end) {
  *this = Tally();
  begin_ = begin;
  end_ = planned_end_ = end;
  succeeded_.assign(kSlices, 0);
}

void Tally::Arrived(Nanoseconds intended) {
  if (Counts(intended)) ++result_.requests;
}

void Tally::Acquired(Nanoseconds intended, Nanoseconds now) {
  if (Counts(intended)) acquire_.Add(now - intended);
}

void Tally::AcquireTimeout(Nanoseconds intended, Nanoseconds now) {
  if (!Counts(intended)) return;
  ++result_.acquire_timeouts;
  acquire_.Add(now - intended);
  response_.Add(now - intended);
}

void Tally::Succeeded(Nanoseconds intended, Nanoseconds sent, Nanoseconds now) {
  if (now >= begin_ && now < end_) {
    const Nanoseconds slice = (planned_end_ - begin_) / static_cast<Nanoseconds>(kSlices) + 1;
    ++succeeded_[static_cast<std::size_t>((now - begin_) / slice)];
  }
  if (!Counts(intended)) return;
  ++result_.succeeded;
  response_.Add(now - intended);
  service_.Add(now - sent);
}

void Tally::Failed(Nanoseconds intended, Nanoseconds now, const Failure& failure) {
  if (!Counts(intended)) return;
  ++(failure.timeout ? result_.query_timeouts : result_.failed);
  if (failure.timeout) response_.Add(now - intended);
  auto& errors = result_.errors;
  const auto known = std::find_if(errors.begin(), errors.end(), [&](const model::LoadErrors& error) {
    return error.sqlstate == failure.sqlstate && (!error.sqlstate.empty() || error.message == failure.message);
  });
  if (known != errors.end())
    ++known->count;
  else
    errors.push_back({failure.sqlstate, failure.message, 1});
}

void Tally::StillWaiting(Nanoseconds intended, Nanoseconds now) {
  if (!Counts(intended)) return;
  ++result_.unfinished;
  response_.AddUnfinished(now - intended);
  acquire_.AddUnfinished(now - intended);
}

void Tally::StillRunning(Nanoseconds intended, Nanoseconds sent, Nanoseconds now) {
  if (!Counts(intended)) return;
  ++result_.unfinished;
  response_.AddUnfinished(now - intended);
  service_.AddUnfinished(now - sent);
}

model::LoadClassResult Tally::Result(const LoadClass& load_class) const {
  model::LoadClassResult result = result_;
  result.name = load_class.name;
  result.database = load_class.database;
  result.user = load_class.user;
  result.users = load_class.users;
  result.think_time_ms = load_class.think_time_s * 1000;
  result.rate = load_class.rate;
  result.connections = load_class.Connections();
  result.slo = load_class.slo;
  const double seconds = std::max(static_cast<double>(end_ - begin_) / 1e9, 1e-9);
  result.offered = static_cast<double>(result.requests) / seconds;
  std::uint64_t succeeded = 0;
  std::vector<double> rates;  // of slices that were measured to their end
  const double slice_s = static_cast<double>(planned_end_ - begin_) / 1e9 / static_cast<double>(kSlices);
  for (std::size_t i = 0; i < succeeded_.size(); ++i) {
    succeeded += succeeded_[i];
    if (static_cast<double>(i + 1) * slice_s <= seconds * 1.0001)
      rates.push_back(static_cast<double>(succeeded_[i]) / slice_s);
  }
  result.throughput = static_cast<double>(succeeded) / seconds;
  const Interval interval = MeanInterval(rates);
  result.throughput_low = std::max(interval.low, 0.0);
  result.throughput_high = interval.high;
  result.response = response_.Summary();
  result.acquire = acquire_.Summary();
  result.service = service_.Summary();
  return result;
}

}  // namespace steward::load
