// See cause.hpp.
#include "advise/pool/cause.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace steward::advise::pool {

namespace {

using model::HoldSplit;
using model::PoolCause;

constexpr double kMostlyCpu = 0.6;
constexpr double kMostlyHold = 0.6;
constexpr double kMuchLock = 0.4;
constexpr double kMuchContention = 0.5;

std::int64_t Busy(const model::PoolSamples& s) {
  return s.running + s.lock + s.lwlock + s.io + s.wal + s.client + s.other;
}

// `time` by what samples found transactions doing that did not run.
void Share(double time, const model::PoolSamples& s, bool with_client, HoldSplit& split) {
  const double all = static_cast<double>(s.lock + s.lwlock + s.io + s.wal + s.other + (with_client ? s.client : 0));
  if (all <= 0) {
    split.other += time;
    return;
  }
  const auto part = [&](std::int64_t samples) { return time * static_cast<double>(samples) / all; };
  split.lock += part(s.lock);
  split.lwlock += part(s.lwlock);
  split.io += part(s.io);
  split.wal += part(s.wal);
  split.other += part(s.other);
  if (with_client) split.client += part(s.client);
}

// Time in which a transaction could have run but had no core, as the kernel counted it. A session that was woken still looks
// as if it waited for what woke it, until it runs. Its waits for locks are left alone: they are the holder's time.
double CountedQueue(const model::PoolClass& one) {
  if (!one.core_wait_time || one.transactions <= 0) return 0;
  // A wait for each statement that arrives, of which the first is over when the transaction begins, and one for the rest. That
  // first one is not of those that slow transactions take when they run out their slices: most are through by then.
  const double all = *one.core_wait_time / static_cast<double>(one.transactions);
  const double first = all / (std::max(1.0, one.statements.value_or(1)) + 1);
  return all - (one.p50_time > 0 ? std::min(first, one.p50_time) : first);
}

void FindHiddenQueue(double counted, HoldSplit& split) {
  const double all = split.client + split.io + split.wal + split.lwlock + split.other;
  const double hidden = std::min(all, counted - split.queue);
  if (hidden <= 0) return;
  for (double* part : {&split.client, &split.io, &split.wal, &split.lwlock, &split.other}) *part -= *part * hidden / all;
  split.queue += hidden;
}

}  // namespace

HoldSplit SplitHold(const model::PoolClass& one) {
  HoldSplit split;
  const double transactions = static_cast<double>(std::max<std::int64_t>(one.transactions, 1));
  const double hold = one.MeanTime();
  const bool client_known = one.idle_in_transaction_time.has_value();
  split.client = std::min(hold, one.idle_in_transaction_time.value_or(0) / transactions);
  double rest = hold - split.client;
  if (one.cpu_time) split.cpu = std::min(rest, *one.cpu_time / transactions);
  rest -= split.cpu;
  const std::int64_t busy = one.samples ? Busy(*one.samples) : 0;
  if (busy == 0) {
    split.other = rest;
    FindHiddenQueue(CountedQueue(one), split);
    return split;
  }
  split.sampled = true;
  const model::PoolSamples& s = *one.samples;
  const double seen = static_cast<double>(client_known ? busy - s.client : busy);
  const double in_server = client_known ? hold - split.client : hold;
  const double running = seen > 0 ? in_server * static_cast<double>(s.running) / seen : 0;
  if (!one.cpu_time) split.cpu = running;  // what waited for a core among it is not known
  split.queue = std::clamp(running - split.cpu, 0.0, rest);
  if (!one.cpu_time) rest = in_server - running;
  Share(std::max(0.0, rest - split.queue), s, !client_known, split);
  FindHiddenQueue(CountedQueue(one), split);
  return split;
}

PoolCause CauseOf(const HoldSplit& split) {
  const double total = split.Total();
  if (total <= 0) return PoolCause::kUnknown;
  if (split.lock >= kMuchLock * total || split.lock + split.lwlock >= kMuchContention * total) return PoolCause::kLock;
  if (split.cpu + split.queue >= kMostlyCpu * total) return PoolCause::kCpu;
  if (!split.sampled) return split.client >= kMostlyHold * total ? PoolCause::kHold : PoolCause::kUnknown;
  if (split.client + split.io + split.wal + split.other >= kMostlyHold * total) return PoolCause::kHold;
  return PoolCause::kMixed;
}

std::string WhySentence(const HoldSplit& split) {
  const double total = split.Total();
  if (total <= 0) return "nothing was measured";
  std::array<std::pair<double, const char*>, 8> parts = {{{split.cpu, "on CPU"},
                                                          {split.queue, "waiting for a core"},
                                                          {split.lock, "waiting for locks"},
                                                          {split.lwlock, "contention inside the server"},
                                                          {split.io, "file I/O"},
                                                          {split.wal, "WAL"},
                                                          {split.client, "waiting for the client"},
                                                          {split.other, split.sampled ? "other waits" : "not known"}}};
  std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text;
  constexpr std::size_t kShown = 4;
  constexpr double kWorthSaying = 0.02;
  for (std::size_t i = 0; i < kShown && parts[i].first >= kWorthSaying * total; ++i)
    text += fmt::format("{}{:.0f} % {}", i == 0 ? "" : ", ", 100 * parts[i].first / total, parts[i].second);
  return text;
}

}  // namespace steward::advise::pool
