// What becomes of the states of views: see refresh_plan.hpp.
#include <algorithm>

#include "core/refresh_plan.hpp"

namespace steward::core {

namespace {

constexpr Micros kFirstLockRetry = 100'000;
constexpr Micros kLastLockRetry = 10 * kSecond;
constexpr Micros kShortestRetry = 10'000;

std::size_t Index(int i) {
  return static_cast<std::size_t>(i);
}

void Move(Micros step, Micros* instant) {
  if (*instant != kNever) *instant += step;
}

}  // namespace

Micros DirtyNow(const ViewState& view, Micros now) {
  Micros since = std::min({view.direct_since, view.inherited_since, view.inherited_after});
  if (!view.tracked) since = std::min(since, view.refreshed == kNever ? now : view.refreshed);
  return since == kNever ? kNever : std::min(since, now);
}

std::vector<Micros> DirtySince(const RefreshGraph& graph, const std::vector<ViewState>& views, Micros now) {
  std::vector<Micros> since(views.size(), kNever);
  for (int v : graph.order) {
    since[Index(v)] = DirtyNow(views[Index(v)], now);
    for (int p : graph.parents[Index(v)]) since[Index(v)] = std::min(since[Index(v)], since[Index(p)]);
  }
  return since;
}

void ApplyRefresh(const RefreshGraph& graph, int view, const RefreshDone& done, std::vector<ViewState>* views) {
  ViewState& state = (*views)[Index(view)];
  const Micros had = DirtyNow(state, done.snapshot);
  state.direct_since = done.direct_since;
  state.inherited_since = state.inherited_after;
  state.inherited_after = kNever;
  state.refreshed = done.snapshot;
  state.retry_at = 0;
  if (!done.changed) return;
  for (int c : graph.children[Index(view)]) {
    ViewState& child = (*views)[Index(c)];
    Micros& since = child.running ? child.inherited_after : child.inherited_since;
    since = std::min(since, had == kNever ? done.snapshot : had);
  }
}

void FollowClock(Micros last, Micros now, std::vector<ViewState>* views) {
  if (now >= last) return;
  for (ViewState& view : *views) {
    for (Micros* instant : {&view.direct_since, &view.inherited_since, &view.inherited_after, &view.refreshed,
                            &view.due, &view.blackout_begin, &view.blackout_end}) {
      Move(now - last, instant);
    }
    view.retry_at = view.retry_at > last ? view.retry_at + (now - last) : std::min(view.retry_at, now);
  }
}

Micros RetryRefreshAt(const FailedRefresh& failed, Micros now) {
  Micros at;
  if (failed.lock_timeout) {
    Micros within = kFirstLockRetry;
    for (int i = 1; i < failed.consecutive && within < kLastLockRetry; i++) within *= 2;
    within = std::min(within, kLastLockRetry);
    at = now + static_cast<Micros>(static_cast<double>(within) * std::clamp(failed.randomness, 0.0, 1.0));
  } else {
    at = RetryAt({failed.consecutive, failed.period, failed.duration, failed.randomness}, now);
  }
  if (failed.latest_start > now) at = std::min(at, failed.latest_start);
  return std::max(at, now + kShortestRetry);
}

}  // namespace steward::core
