// Behaviour of core/refresh_order: deadlines, what is lost under overload, and that nothing starves.
#include "core/refresh_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace steward::core {
namespace {

constexpr Micros kT0 = 700'000'000 * kSecond;

WorkItem Item(Micros deadline, Micros cost, double weight = 1, std::vector<int> before = {}) {
  return {kT0 + deadline, cost, kMinute, weight, std::move(before)};
}

std::vector<int> Sequence(const std::vector<WorkItem>& items, int workers = 1) {
  std::vector<int> result;
  for (const auto& ordered : OrderWork(items, workers, kT0)) result.push_back(ordered.item);
  return result;
}

TEST(OrderWork, TakesTheNearestDeadlineFirst) {
  EXPECT_EQ(Sequence({Item(30, 1), Item(10, 1), Item(20, 1)}), (std::vector<int>{1, 2, 0}));
  EXPECT_TRUE(Sequence({}).empty());
}

TEST(OrderWork, LeavesRoomForWhatNeedsAnItem) {
  // 0 has time itself, but 1 needs it and is due before 2.
  EXPECT_EQ(Sequence({Item(100, 5), Item(10, 5, 1, {0}), Item(15, 5)}), (std::vector<int>{0, 1, 2}));
}

TEST(OrderWork, PredictsWhenEachIsDone) {
  const auto order = OrderWork({Item(10, 10), Item(30, 10, 1, {0}), Item(12, 12)}, 2, kT0);
  ASSERT_EQ(order.size(), 3U);
  EXPECT_EQ(order[0].finish, kT0 + 10);
  EXPECT_EQ(order[1].finish, kT0 + 12);
  EXPECT_EQ(order[2].finish, kT0 + 20);
  EXPECT_FALSE(order[0].late || order[1].late || order[2].late);
}

TEST(OrderWork, PutsOffWhatIsWorthLeastForItsCost) {
  // 0 and 2 can be in time without 1, which is large and worth no more.
  EXPECT_EQ(Sequence({Item(10, 5), Item(11, 8), Item(12, 5)}), (std::vector<int>{0, 2, 1}));
  EXPECT_EQ(Sequence({Item(10, 5), Item(11, 8, 100), Item(12, 5)}), (std::vector<int>{1, 0, 2}));
}

TEST(OrderWork, PutsOffWhatIsLateInAnyCase) {
  const auto order = OrderWork({Item(-5, 10), Item(10, 10)}, 1, kT0);
  EXPECT_EQ(order[0].item, 1);
  EXPECT_FALSE(order[0].late);
  EXPECT_TRUE(order[1].late);
}

TEST(OrderWork, TakesALateItemInTimeForWhoNeedsIt) {
  EXPECT_EQ(Sequence({Item(-5, 5), Item(10, 5, 1, {0}), Item(20, 5)}), (std::vector<int>{0, 1, 2}));
}

TEST(OrderWork, LetsWhatWaitedTooLongGoFirst) {
  EXPECT_EQ(Sequence({Item(10, 5), Item(-kMinute, 5)}), (std::vector<int>{0, 1}));
  EXPECT_EQ(Sequence({Item(10, 5), Item(-kMinute - 1, 5)}), (std::vector<int>{1, 0}));
  // Worth a tenth: waits ten promises; worth a thousandth: sixteen.
  EXPECT_EQ(Sequence({Item(10, 5, 10), Item(-9 * kMinute, 5)}), (std::vector<int>{0, 1}));
  EXPECT_EQ(Sequence({Item(10, 5, 10), Item(-11 * kMinute, 5)}), (std::vector<int>{1, 0}));
  EXPECT_EQ(Sequence({Item(10, 5, 1000), Item(-17 * kMinute, 5)}), (std::vector<int>{1, 0}));
}

// Random items with a feasible order by construction: the order is made first, deadlines follow from it.
std::vector<WorkItem> Feasible(std::mt19937* rng, int count) {
  std::vector<WorkItem> items(static_cast<std::size_t>(count));
  std::vector<int> sequence;
  for (int i = 0; i < count; i++) {
    auto& item = items[static_cast<std::size_t>(i)];
    item = {0, 1 + static_cast<Micros>((*rng)() % 100), 100, 1 + static_cast<double>((*rng)() % 9), {}};
    for (int b = 0; b < i; b++) {
      if ((*rng)() % 5 == 0) item.before.push_back(b);
    }
    std::ptrdiff_t earliest = 0;
    for (std::size_t k = 0; k < sequence.size(); k++) {
      if (std::find(item.before.begin(), item.before.end(), sequence[k]) != item.before.end()) {
        earliest = static_cast<std::ptrdiff_t>(k) + 1;
      }
    }
    const auto room = static_cast<std::ptrdiff_t>(sequence.size()) - earliest + 1;
    sequence.insert(sequence.begin() + earliest + static_cast<std::ptrdiff_t>((*rng)() % static_cast<unsigned>(room)),
                    i);
  }
  Micros at = kT0;
  for (int i : sequence) {
    auto& item = items[static_cast<std::size_t>(i)];
    at += item.cost;
    item.deadline = at + ((*rng)() % 2 == 0 ? 0 : static_cast<Micros>((*rng)() % 50));
  }
  return items;
}

void ExpectOrdered(const std::vector<WorkItem>& items, const std::vector<OrderedItem>& order) {
  std::vector<char> done(items.size(), 0);
  for (const auto& ordered : order) {
    for (int b : items[static_cast<std::size_t>(ordered.item)].before) {
      EXPECT_TRUE(done[static_cast<std::size_t>(b)]);
    }
    EXPECT_FALSE(done[static_cast<std::size_t>(ordered.item)]);
    done[static_cast<std::size_t>(ordered.item)] = 1;
  }
  EXPECT_EQ(order.size(), items.size());
}

TEST(OrderWork, MeetsEveryDeadlineOfRandomFeasibleWork) {
  std::mt19937 rng(3);
  for (int round = 0; round < 1000; round++) {
    const auto items = Feasible(&rng, 1 + static_cast<int>(rng() % 12));
    const auto order = OrderWork(items, 1, kT0);
    ExpectOrdered(items, order);
    for (const auto& ordered : order) EXPECT_FALSE(ordered.late) << "round " << round;
  }
}

// The most weight in time that any order of the independent items gives.
double BestWeight(const std::vector<WorkItem>& items) {
  double best = 0;
  for (unsigned set = 0; set < 1U << items.size(); set++) {
    std::vector<WorkItem> chosen;
    double weight = 0;
    for (std::size_t i = 0; i < items.size(); i++) {
      if ((set >> i & 1) != 0) chosen.push_back(items[i]);
    }
    std::sort(chosen.begin(), chosen.end(), [](auto& a, auto& b) { return a.deadline < b.deadline; });
    Micros at = kT0;
    bool feasible = true;
    for (const auto& item : chosen) {
      at += item.cost;
      weight += item.weight;
      feasible = feasible && at <= item.deadline;
    }
    if (feasible) best = std::max(best, weight);
  }
  return best;
}

TEST(OrderWork, LosesLittleUnderRandomOverload) {
  std::mt19937 rng(4);
  double kept = 0;
  double best = 0;
  for (int round = 0; round < 300; round++) {
    auto items = Feasible(&rng, 8);
    for (auto& item : items) {
      item.before.clear();
      item.cost *= 2;
    }
    best += BestWeight(items);
    for (const auto& ordered : OrderWork(items, 1, kT0)) {
      if (!ordered.late) kept += items[static_cast<std::size_t>(ordered.item)].weight;
    }
  }
  EXPECT_GT(kept, 0.9 * best);
  EXPECT_LE(kept, best);
}

TEST(OrderWork, OrdersRandomOverloadWithDependencies) {
  std::mt19937 rng(5);
  for (int round = 0; round < 300; round++) {
    auto items = Feasible(&rng, 15);
    for (auto& item : items) item.deadline -= static_cast<Micros>(rng() % 500);
    ExpectOrdered(items, OrderWork(items, 1 + static_cast<int>(rng() % 3), kT0));
  }
}

TEST(OrderWork, IsQuickForFiveHundredLateItems) {  // W14
  std::vector<WorkItem> items;
  for (int i = 0; i < 500; i++)
    items.push_back(Item(100 + i, 100, 1 + i % 7, i % 2 == 0 ? std::vector<int>{} : std::vector<int>{i - 1}));
  ExpectOrdered(items, OrderWork(items, 2, kT0));
}

TEST(OrderWork, StarvesNothingUnderLastingOverload) {
  // Three items that take the whole time and a half of one worker: each is asked again as soon as it is done.
  std::vector<WorkItem> items{Item(100, 50, 1000), Item(100, 50, 10), Item(100, 50, 0.1)};
  std::vector<int> runs(3, 0);
  for (auto& item : items) item.promise = 100;
  Micros now = kT0;
  for (int i = 0; i < 300; i++) {
    const auto next = static_cast<std::size_t>(OrderWork(items, 1, now)[0].item);
    now += 50;
    runs[next]++;
    items[next].deadline = now + 100;
  }
  EXPECT_GT(runs[2], 5);
  EXPECT_GT(runs[1], runs[2]);
  EXPECT_GE(runs[0], runs[1]);
}

}  // namespace
}  // namespace steward::core
