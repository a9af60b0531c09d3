// Behaviour of core/refresh_plan: when views begin, who comes with whom, what is held back, when to look again.
#include "core/refresh_plan.hpp"

#include <gtest/gtest.h>

namespace steward::core {
namespace {

constexpr Micros kT0 = 700'000'000 * kSecond;

// Views 0, 1, ..: each a chain link below the one before it, or all on a table of their own.
RefreshGraph Chain(int count) {
  std::vector<ViewSources> sources(1, {{}, {1}});
  for (int v = 1; v < count; v++) sources.push_back({{v - 1}, {}});
  return BuildGraph(sources);
}

RefreshGraph Apart(std::uint32_t count) {
  std::vector<ViewSources> sources;
  for (std::uint32_t v = 0; v < count; v++) sources.push_back({{}, {v}});
  return BuildGraph(sources);
}

ViewState Promising(Micros promise, Micros direct_since = kNever, Micros cost = kSecond) {
  ViewState view;
  view.max_staleness = promise;
  view.direct_since = direct_since;
  view.cost = cost;
  return view;
}

ViewState Grid(Micros due, Micros period, Micros direct_since = kNever) {
  ViewState view;
  view.mode = RefreshMode::kEvery;
  view.due = due;
  view.period = period;
  view.direct_since = direct_since;
  return view;
}

ViewState Downstream(Micros direct_since = kNever) {
  ViewState view;
  view.mode = RefreshMode::kDownstream;
  view.direct_since = direct_since;
  return view;
}

// The views that begin now, in the first job; empty: nothing does.
std::vector<int> Begun(const RefreshPlan& plan) {
  return plan.start < 0 ? std::vector<int>{} : plan.due[static_cast<std::size_t>(plan.start)].views;
}

TEST(PlanRefreshes, DoesNothingForCleanViews) {
  const auto plan = PlanRefreshes(Chain(2), {Promising(kMinute), Promising(kHour)}, {}, kT0);
  EXPECT_TRUE(plan.due.empty() && plan.unchanged.empty());
  EXPECT_EQ(plan.start, -1);
  EXPECT_EQ(plan.next_look, kNever);
  EXPECT_GT(plan.next_sweep, kT0);
  EXPECT_LT(plan.next_sweep, kT0 + kMinute);
}

TEST(PlanRefreshes, BeginsAsLateAsThePromiseAllows) {
  const auto graph = Apart(1);
  const std::vector<ViewState> views{Promising(kMinute, kT0)};
  const auto plan = PlanRefreshes(graph, views, {1, 1, 1.0}, kT0);
  EXPECT_EQ(plan.start, -1);
  EXPECT_LT(plan.next_look, kT0 + kMinute - kSecond);
  EXPECT_GT(plan.next_look, kT0 + kMinute / 2);
  EXPECT_EQ(plan.next[0], plan.next_look);
  EXPECT_EQ(Begun(PlanRefreshes(graph, views, {1, 1, 1.0}, plan.next_look - 1)), std::vector<int>{});
  EXPECT_EQ(Begun(PlanRefreshes(graph, views, {1, 1, 1.0}, plan.next_look)), std::vector<int>{0});
}

TEST(PlanRefreshes, BeginsSoonerOnAnIdleMachine) {
  const std::vector<ViewState> views{Promising(kMinute, kT0)};
  const Micros idle = PlanRefreshes(Apart(1), views, {1, 1, 0.0}, kT0).next_look;
  const Micros half = PlanRefreshes(Apart(1), views, {1, 1, 0.5}, kT0).next_look;
  const Micros busy = PlanRefreshes(Apart(1), views, {1, 1, 1.0}, kT0).next_look;
  EXPECT_LT(idle, half);
  EXPECT_LT(half, busy);
  EXPECT_EQ(busy - idle, kMinute / 8);
}

TEST(PlanRefreshes, LeavesRoomForEverythingThatMayAskAtOnce) {
  std::vector<ViewState> views(10, Promising(kMinute));
  views[0].direct_since = kT0;
  const Micros ten = PlanRefreshes(Apart(10), views, {1, 1, 1.0}, kT0).next_look;
  EXPECT_LE(ten, kT0 + kMinute - 10 * kSecond);
  EXPECT_GT(PlanRefreshes(Apart(10), views, {2, 2, 1.0}, kT0).next_look, ten);
}

TEST(PlanRefreshes, RestsBetweenRefreshesWhenThePromiseAllows) {
  // More work than time: everything wants to begin at once, yet not sooner than half a promise after the last time.
  std::vector<ViewState> views(10, Promising(4 * kSecond, kNever, kSecond));
  views[0].direct_since = views[0].refreshed = kT0;
  EXPECT_EQ(PlanRefreshes(Apart(10), views, {}, kT0).next_look, kT0 + 2 * kSecond);
}

TEST(PlanRefreshes, BeginsNothingWithoutAFreeWorker) {
  const auto plan = PlanRefreshes(Apart(1), {Promising(kSecond, kT0)}, {1, 0, 0}, kT0);
  EXPECT_EQ(plan.start, -1);
  EXPECT_EQ(plan.due.size(), 1U);
  EXPECT_EQ(plan.next_look, kNever);  // whoever ends a run asks again
}

TEST(PlanRefreshes, PutsDirtyParentsFirst) {
  const auto graph = Chain(2);
  std::vector<ViewState> views{Downstream(kT0 - kMinute), Promising(kMinute, kT0 - kMinute)};
  views[1].direct_since = kT0 - kSecond;
  EXPECT_EQ(Begun(PlanRefreshes(graph, views, {}, kT0)), std::vector<int>{0});
}

TEST(PlanRefreshes, DoesNotWaitForYoungerChangesOfAParent) {
  const auto graph = Chain(2);
  std::vector<ViewState> views{Downstream(kT0 - 1), Promising(kMinute)};
  views[1].inherited_since = kT0 - kMinute;
  EXPECT_EQ(Begun(PlanRefreshes(graph, views, {}, kT0)), std::vector<int>{1});
}

TEST(PlanRefreshes, RefreshesASharedParentOnceForAllItsChildren) {
  const auto graph = BuildGraph({{{}, {1}}, {{0}, {}}, {{0}, {}}});
  std::vector<ViewState> views{Downstream(kT0 - kMinute), Promising(kMinute), Promising(kMinute)};
  EXPECT_EQ(PlanRefreshes(graph, views, {}, kT0).due.size(), 1U);
  ApplyRefresh(graph, 0, {kT0, true, kNever}, &views);
  const auto plan = PlanRefreshes(graph, views, {}, kT0 + 1);
  ASSERT_EQ(plan.due.size(), 2U);
  EXPECT_EQ(plan.due[0].views, std::vector<int>{1});
  EXPECT_EQ(plan.due[1].views, std::vector<int>{2});
}

TEST(PlanRefreshes, HoldsParentsToWhatDependentsNeed) {
  const std::vector<ViewState> strict{Promising(kHour, kT0), Promising(kMinute)};
  EXPECT_LT(PlanRefreshes(Chain(2), strict, {}, kT0).next_look, kT0 + kMinute - kSecond);
  EXPECT_EQ(PlanRefreshes(Chain(1), {Downstream(kT0)}, {}, kT0).next_look, kNever);
}

TEST(PlanRefreshes, RefreshesTheDirtyMembersOfADiamondTogether) {
  const auto graph = BuildGraph({{{}, {1}}, {{}, {1, 2}}, {{0, 1}, {}}});
  std::vector<ViewState> views{Downstream(kT0 - kMinute), Downstream(kT0 - 5), Promising(kMinute)};
  EXPECT_EQ(Begun(PlanRefreshes(graph, views, {}, kT0)), (std::vector<int>{0, 1}));
  views[1].direct_since = kNever;
  EXPECT_EQ(Begun(PlanRefreshes(graph, views, {}, kT0)), std::vector<int>{0});
  views[1].paused = true;
  views[1].direct_since = kT0 - kHour;
  EXPECT_EQ(Begun(PlanRefreshes(graph, views, {}, kT0)), std::vector<int>{0});
}

TEST(PlanRefreshes, HoldsBackAGroupOfWhichAMemberMustWait) {
  const auto graph = BuildGraph({{{}, {1}}, {{}, {1, 2}}, {{0, 1}, {}}});
  std::vector<ViewState> views{Downstream(kT0 - kMinute), Downstream(kT0 - kMinute), Promising(kMinute)};
  views[1].retry_at = kT0 + kSecond;
  const auto plan = PlanRefreshes(graph, views, {}, kT0);
  EXPECT_TRUE(plan.due.empty());
  EXPECT_EQ(plan.next_look, kT0 + kSecond);
  EXPECT_EQ(Begun(PlanRefreshes(graph, views, {}, kT0 + kSecond)), (std::vector<int>{0, 1}));
}

TEST(PlanRefreshes, LetsChildrenGoOnWithoutAParentThatFails) {
  std::vector<ViewState> views{Downstream(kT0 - kHour), Promising(kMinute, kT0 - kMinute)};
  views[0].retry_at = kT0 + kHour;
  EXPECT_EQ(Begun(PlanRefreshes(Chain(2), views, {}, kT0)), std::vector<int>{1});
  views[1].direct_since = kNever;
  EXPECT_EQ(PlanRefreshes(Chain(2), views, {}, kT0).next_look, kT0 + kHour);
}

TEST(PlanRefreshes, KeepsOutOfBlackouts) {
  std::vector<ViewState> views{Promising(kMinute, kT0 - kHour)};
  views[0].blackout_begin = kT0 - kSecond;
  views[0].blackout_end = kT0 + kHour;
  const auto plan = PlanRefreshes(Apart(1), views, {}, kT0);
  EXPECT_TRUE(plan.due.empty());
  EXPECT_EQ(plan.next_look, kT0 + kHour);
  EXPECT_EQ(plan.next[0], kT0 + kHour);
}

TEST(PlanRefreshes, IsDoneBeforeABlackoutThatTheDeadlineFallsInto) {
  std::vector<ViewState> views{Promising(kHour, kT0)};
  views[0].blackout_begin = kT0 + 30 * kMinute;
  views[0].blackout_end = kT0 + 2 * kHour;
  EXPECT_LT(PlanRefreshes(Apart(1), views, {}, kT0).next_look, kT0 + 30 * kMinute - kSecond);
}

TEST(PlanRefreshes, LeavesPausedViewsAlone) {
  std::vector<ViewState> views{Promising(kMinute, kT0 - kHour), Promising(kMinute)};
  views[0].paused = true;
  const auto plan = PlanRefreshes(Chain(2), views, {}, kT0);
  EXPECT_TRUE(plan.due.empty());
  EXPECT_EQ(plan.next_look, kNever);
}

TEST(PlanRefreshes, BeginsNothingNextToWhatItNeedsOrFeeds) {
  std::vector<ViewState> views{Promising(kMinute, kT0 - kMinute), Promising(kMinute, kT0 - kSecond)};
  views[0].running = true;
  EXPECT_EQ(PlanRefreshes(Chain(2), views, {2, 1, 0}, kT0 + kMinute).start, -1);
  views[0].running = false;
  views[1].running = true;
  EXPECT_EQ(PlanRefreshes(Chain(2), views, {2, 1, 0}, kT0 + kMinute).start, -1);
}

TEST(PlanRefreshes, TakesWhatItCanBesideWhatMustWait) {
  const auto graph = BuildGraph({{{}, {1}}, {{0}, {2}}, {{}, {3}}});
  std::vector<ViewState> views{Promising(kMinute, kT0 - kHour), Promising(kMinute, kT0 - kMinute),
                               Promising(kMinute, kT0 - kMinute)};
  views[0].running = true;
  EXPECT_EQ(Begun(PlanRefreshes(graph, views, {2, 1, 0}, kT0)), std::vector<int>{2});
}

TEST(PlanRefreshes, DecidesCleanViewsOnTheirGridWithoutWork) {
  const auto plan = PlanRefreshes(Apart(2), {Grid(kT0, kHour), Grid(kT0 + 1, kHour)}, {}, kT0);
  EXPECT_EQ(plan.unchanged, std::vector<int>{0});
  EXPECT_TRUE(plan.due.empty());
  EXPECT_EQ(plan.next_look, kT0 + 1);
}

TEST(PlanRefreshes, RefreshesDirtyViewsOnTheirGridWhateverTheLoad) {
  const auto plan = PlanRefreshes(Apart(1), {Grid(kT0, kHour, kT0 - 1)}, {1, 1, 1.0}, kT0);
  EXPECT_EQ(Begun(plan), std::vector<int>{0});
  EXPECT_EQ(plan.due[0].deadline, kT0 + kHour);
  EXPECT_TRUE(PlanRefreshes(Apart(1), {Grid(kT0 + 1, kHour, kT0 - 1)}, {}, kT0).due.empty());
}

TEST(PlanRefreshes, RefreshesTimeBasedViewsOnTheirGrid) {
  auto view = Grid(kT0, kHour);
  view.tracked = false;
  view.refreshed = kT0 - kHour;
  EXPECT_EQ(Begun(PlanRefreshes(Apart(1), {view}, {}, kT0)), std::vector<int>{0});
}

TEST(PlanRefreshes, BringsParentsUpToAChildsGridOnce) {
  const auto graph = Chain(2);
  std::vector<ViewState> views{Downstream(kT0 - kSecond), Grid(kT0, kHour)};
  auto plan = PlanRefreshes(graph, views, {}, kT0 + 5);
  EXPECT_EQ(Begun(plan), std::vector<int>{0});
  EXPECT_EQ(plan.due[0].deadline, kT0 + kHour - kSecond);
  EXPECT_TRUE(plan.unchanged.empty());  // it waits for the parent's result
  // The parent changed nothing, and is dirty again already.
  ApplyRefresh(graph, 0, {kT0 + 5, false, kT0 + 6}, &views);
  plan = PlanRefreshes(graph, views, {}, kT0 + 7);
  EXPECT_TRUE(plan.due.empty());
  EXPECT_EQ(plan.unchanged, std::vector<int>{1});
  // The parent changed something: the child's turn.
  ApplyRefresh(graph, 0, {kT0 + 7, true, kT0 + 8}, &views);
  EXPECT_EQ(Begun(PlanRefreshes(graph, views, {}, kT0 + 9)), std::vector<int>{1});
}

TEST(PlanRefreshes, LeavesAParentOnItsOwnGrid) {
  // Looked at hourly, the child does not drag along what its owner wants nightly; a promise does.
  std::vector<ViewState> views{Grid(kT0 + kDay, kDay, kT0 - kHour), Grid(kT0, kHour)};
  EXPECT_EQ(PlanRefreshes(Chain(2), views, {}, kT0).unchanged, std::vector<int>{1});
  views[0].due = kT0;
  EXPECT_EQ(Begun(PlanRefreshes(Chain(2), views, {}, kT0)), std::vector<int>{0});
  views = {Grid(kT0 + kDay, kDay, kT0 - kHour), Promising(kMinute)};
  EXPECT_EQ(Begun(PlanRefreshes(Chain(2), views, {}, kT0)), std::vector<int>{0});
}

TEST(PlanRefreshes, LeavesAGrandparentOnItsOwnGrid) {
  const std::vector<ViewState> views{Grid(kT0 + kDay, kDay, kT0 - kHour), Downstream(), Grid(kT0, kHour)};
  EXPECT_EQ(PlanRefreshes(Chain(3), views, {}, kT0).unchanged, std::vector<int>{2});
}

TEST(PlanRefreshes, TakesTheUrgentBeforeALongOneOnTheLastWorker) {
  std::vector<ViewState> views{Promising(2 * kHour, kT0 - kDay, kHour), Promising(20 * kMinute, kT0, kMinute)};
  views[1].refreshed = kT0;
  EXPECT_EQ(Begun(PlanRefreshes(Apart(2), views, {1, 1, 0}, kT0)), std::vector<int>{1});
}

TEST(PlanRefreshes, ReportsWhatWillBeLate) {
  const auto plan = PlanRefreshes(Apart(1), {Promising(kSecond, kT0, kMinute)}, {}, kT0);
  ASSERT_EQ(plan.due.size(), 1U);
  EXPECT_TRUE(plan.due[0].late);
  EXPECT_EQ(plan.due[0].finish, kT0 + kMinute);
}

TEST(PlanRefreshes, TakesChangesFromTheFutureForChangesOfNow) {  // W17
  EXPECT_EQ(DirtyNow(Promising(kMinute, kT0 + kDay), kT0), kT0);
  EXPECT_LE(PlanRefreshes(Apart(1), {Promising(kMinute, kT0 + kDay)}, {}, kT0).next_look, kT0 + kMinute);
}

TEST(FollowClock, MovesInstantsWithAClockThatWasSetBack) {  // W17
  std::vector<ViewState> views{Promising(kMinute, kT0 - kSecond)};
  views[0].retry_at = kT0 + kSecond;
  FollowClock(kT0, kT0 - kDay, &views);
  EXPECT_EQ(views[0].direct_since, kT0 - kDay - kSecond);
  EXPECT_EQ(views[0].retry_at, kT0 - kDay + kSecond);
  EXPECT_EQ(views[0].inherited_since, kNever);
  FollowClock(kT0, kT0 + kDay, &views);
  EXPECT_EQ(views[0].direct_since, kT0 - kDay - kSecond);
  views[0].retry_at = kT0 - kSecond;
  FollowClock(kT0, kT0 - kDay, &views);
  EXPECT_EQ(views[0].retry_at, kT0 - kDay);
}

TEST(ApplyRefresh, LeavesChildrenOfAnUnchangedParentClean) {
  const auto graph = Chain(3);
  std::vector<ViewState> views(3, Promising(kMinute));
  views[0].direct_since = kT0;
  EXPECT_EQ(DirtySince(graph, views, kT0 + 9), (std::vector<Micros>{kT0, kT0, kT0}));
  ApplyRefresh(graph, 0, {kT0 + 5, false, kNever}, &views);
  EXPECT_EQ(DirtySince(graph, views, kT0 + 9), (std::vector<Micros>{kNever, kNever, kNever}));
}

TEST(ApplyRefresh, HandsChangesDownWithTheInstantOfTheRootChange) {
  const auto graph = Chain(3);
  std::vector<ViewState> views(3, Promising(kMinute));
  views[0].direct_since = kT0;
  ApplyRefresh(graph, 0, {kT0 + 5, true, kT0 + 7}, &views);
  EXPECT_EQ(views[1].inherited_since, kT0);
  EXPECT_EQ(DirtySince(graph, views, kT0 + 9), (std::vector<Micros>{kT0 + 7, kT0, kT0}));
  ApplyRefresh(graph, 1, {kT0 + 6, true, kNever}, &views);
  EXPECT_EQ(DirtySince(graph, views, kT0 + 9), (std::vector<Micros>{kT0 + 7, kT0 + 7, kT0}));
}

TEST(ApplyRefresh, KeepsWhatAParentChangedWhileTheChildWasRunning) {
  const auto graph = Chain(2);
  std::vector<ViewState> views(2, Promising(kMinute));
  views[0].direct_since = kT0;
  views[1].running = true;
  ApplyRefresh(graph, 0, {kT0 + 5, true, kNever}, &views);
  views[1].running = false;
  ApplyRefresh(graph, 1, {kT0 + 4, true, kNever}, &views);
  EXPECT_EQ(DirtyNow(views[1], kT0 + 9), kT0);
}

TEST(RetryRefreshAt, SpreadsLockRetriesAndDoublesTheirRange) {
  EXPECT_EQ(RetryRefreshAt({1, true, 0, kMinute, kNever, 0.5}, kT0), kT0 + 50'000);
  EXPECT_EQ(RetryRefreshAt({3, true, 0, kMinute, kNever, 0.5}, kT0), kT0 + 200'000);
  EXPECT_EQ(RetryRefreshAt({INT32_MAX, true, 0, kMinute, kNever, 1.0}, kT0), kT0 + 10 * kSecond);
  EXPECT_GT(RetryRefreshAt({1, true, 0, kMinute, kNever, 0.0}, kT0), kT0);
}

TEST(RetryRefreshAt, IsInTimeForADeadlineThatCanStillBeMet) {
  EXPECT_EQ(RetryRefreshAt({9, true, 0, kHour, kT0 + kSecond, 1.0}, kT0), kT0 + kSecond);
  EXPECT_EQ(RetryRefreshAt({9, false, 0, kHour, kT0 + kSecond, 0.0}, kT0), kT0 + kSecond);
  EXPECT_EQ(RetryRefreshAt({1, false, 0, kHour, kT0 - kSecond, 0.0}, kT0), kT0 + kSecond);
}

}  // namespace
}  // namespace steward::core
