// In which order refreshes that may begin now are done: nearest deadline first while all can be met, the least loss
// when they cannot, and nothing waits for ever. Pure. Which refreshes may begin is refresh_plan's.
#pragma once

#include <vector>

#include "core/schedule.hpp"

namespace steward::core {

/// One refresh that may begin now.
struct WorkItem {
  Micros deadline;          // when it must be done
  Micros cost;              // predicted, > 0
  Micros promise;           // the length that lateness is measured against, > 0
  double weight;            // what being in time is worth, > 0
  std::vector<int> before;  // items, with smaller numbers, that must be done before this one
};

struct OrderedItem {
  int item;
  Micros finish;  // as predicted
  bool late;      // finish is after the deadline
};

/// All items in the order in which `workers` (at least 1) should take them; what an item needs comes before it.
///
/// 1. While everything can be in time: by deadline, where an item must leave room for those that need it. With one
///    worker that meets all deadlines whenever any order does.
/// 2. Where not: whenever the next item by deadline would be late, the item among those before it and itself that is
///    worth least for its cost (with all that need it) is put off behind everything that can be in time; so is what is
///    late in any case. Those put off go by weight * (1 + lateness / promise) / cost.
/// 3. An item late by more than its patience times its promise goes before all others. The patience is the best weight
///    for cost over the item's own, from 1 to 16. So everything is done sooner or later, what is worth more sooner.
[[nodiscard]] std::vector<OrderedItem> OrderWork(const std::vector<WorkItem>& items, int workers, Micros now);

}  // namespace steward::core
