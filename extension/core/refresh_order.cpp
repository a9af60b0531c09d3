// See refresh_order.hpp.
#include "core/refresh_order.hpp"

#include <algorithm>

namespace steward::core {

namespace {

constexpr double kMostPatience = 16;

std::size_t Index(int i) {
  return static_cast<std::size_t>(i);
}

class Order {
 public:
  Order(const std::vector<WorkItem>& items, int workers, Micros now)
      : items_(items),
        workers_(Index(std::max(workers, 1))),
        now_(now),
        before_(items.size()),
        after_(items.size()),
        put_off_(items.size(), false) {
    std::vector<Micros> earliest(items.size());
    for (std::size_t i = 0; i < items.size(); i++) {
      earliest[i] = now;
      for (int b : items[i].before) {
        before_[i].push_back(b);
        before_[i].insert(before_[i].end(), before_[Index(b)].begin(), before_[Index(b)].end());
        earliest[i] = std::max(earliest[i], earliest[Index(b)]);
      }
      std::sort(before_[i].begin(), before_[i].end());
      before_[i].erase(std::unique(before_[i].begin(), before_[i].end()), before_[i].end());
      for (int b : before_[i]) after_[Index(b)].push_back(static_cast<int>(i));
      earliest[i] += items[i].cost;
      put_off_[i] = earliest[i] > items[i].deadline;
      best_density_ = std::max(best_density_, Density(items[i]));
    }
  }

  std::vector<OrderedItem> Run() {
    std::vector<int> in_time = ByDeadline();
    while (PutOffOne(in_time)) in_time = ByDeadline();
    std::vector<int> sequence;
    std::vector<char> emitted(items_.size(), false);
    for (int i : Aged()) Emit(i, &emitted, &sequence);
    for (int i : in_time) Emit(i, &emitted, &sequence);
    for (int i : ByWorth()) Emit(i, &emitted, &sequence);
    const std::vector<Micros> finish = Finishes(sequence);
    std::vector<OrderedItem> result;
    for (int i : sequence) result.push_back({i, finish[Index(i)], finish[Index(i)] > items_[Index(i)].deadline});
    return result;
  }

 private:
  static double Density(const WorkItem& item) { return item.weight / static_cast<double>(item.cost); }

  double Lateness(const WorkItem& item) const {
    if (item.deadline >= now_) return 0;
    return static_cast<double>(now_ - item.deadline) / static_cast<double>(item.promise);
  }

  // Those that are not put off, and what they need, by the deadline that leaves room for who needs them.
  std::vector<int> ByDeadline() const {
    std::vector<Micros> deadline(items_.size());
    std::vector<int> result;
    for (std::size_t i = 0; i < items_.size(); i++) deadline[i] = put_off_[i] ? kNever : items_[i].deadline;
    for (std::size_t i = items_.size(); i-- > 0;) {
      if (deadline[i] == kNever) continue;
      result.push_back(static_cast<int>(i));
      for (int b : before_[i]) deadline[Index(b)] = std::min(deadline[Index(b)], deadline[i] - items_[i].cost);
    }
    std::sort(result.begin(), result.end(), [&](int a, int b) {
      return deadline[Index(a)] != deadline[Index(b)] ? deadline[Index(a)] < deadline[Index(b)] : a < b;
    });
    return result;
  }

  // When each of the sequence is done if the workers take them in turn, waiting for what an item needs.
  std::vector<Micros> Finishes(const std::vector<int>& sequence) const {
    std::vector<Micros> finish(items_.size(), now_);
    std::vector<Micros> free(std::min(workers_, items_.size() + 1), now_);
    for (int i : sequence) {
      const auto worker = std::min_element(free.begin(), free.end());
      Micros start = *worker;
      for (int b : before_[Index(i)]) start = std::max(start, finish[Index(b)]);
      finish[Index(i)] = *worker = start + items_[Index(i)].cost;
    }
    return finish;
  }

  // What putting `item` off loses, with all that need it, for each microsecond that it gains.
  double Loss(int item) const {
    double weight = put_off_[Index(item)] ? 0 : items_[Index(item)].weight;
    double cost = static_cast<double>(items_[Index(item)].cost);
    for (int i : after_[Index(item)]) {
      if (put_off_[Index(i)]) continue;
      weight += items_[Index(i)].weight;
      cost += static_cast<double>(items_[Index(i)].cost);
    }
    return weight / cost;
  }

  bool PutOffOne(const std::vector<int>& in_time) {
    const std::vector<Micros> finish = Finishes(in_time);
    int worst = -1;
    double least = 0;
    for (std::size_t k = 0; k < in_time.size() && worst < 0; k++) {
      const int late = in_time[k];
      if (put_off_[Index(late)] || finish[Index(late)] <= items_[Index(late)].deadline) continue;
      for (std::size_t j = 0; j <= k; j++) {
        const double loss = Loss(in_time[j]);
        if (worst >= 0 && loss >= least) continue;
        worst = in_time[j];
        least = loss;
      }
    }
    if (worst < 0) return false;
    put_off_[Index(worst)] = true;
    for (int i : after_[Index(worst)]) put_off_[Index(i)] = true;
    return true;
  }

  double Impatience(int i) const {
    const WorkItem& item = items_[Index(i)];
    return Lateness(item) / std::clamp(best_density_ / Density(item), 1.0, kMostPatience);
  }

  std::vector<int> Aged() const {
    std::vector<int> result;
    for (int i = 0; i < static_cast<int>(items_.size()); i++) {
      if (Impatience(i) > 1) result.push_back(i);
    }
    std::stable_sort(result.begin(), result.end(), [&](int a, int b) { return Impatience(a) > Impatience(b); });
    return result;
  }

  std::vector<int> ByWorth() const {
    std::vector<int> result(items_.size());
    for (std::size_t i = 0; i < result.size(); i++) result[i] = static_cast<int>(i);
    const auto worth = [&](int i) { return Density(items_[Index(i)]) * (1 + Lateness(items_[Index(i)])); };
    std::stable_sort(result.begin(), result.end(), [&](int a, int b) { return worth(a) > worth(b); });
    return result;
  }

  void Emit(int i, std::vector<char>* emitted, std::vector<int>* sequence) const {
    for (int b : before_[Index(i)]) {
      if (!(*emitted)[Index(b)]) sequence->push_back(b);
      (*emitted)[Index(b)] = true;
    }
    if (!(*emitted)[Index(i)]) sequence->push_back(i);
    (*emitted)[Index(i)] = true;
  }

  const std::vector<WorkItem>& items_;
  std::size_t workers_;
  Micros now_;
  std::vector<std::vector<int>> before_;  // with all that those need, sorted
  std::vector<std::vector<int>> after_;   // the reverse
  std::vector<char> put_off_;
  double best_density_ = 0;
};

}  // namespace

std::vector<OrderedItem> OrderWork(const std::vector<WorkItem>& items, int workers, Micros now) {
  return Order(items, workers, now).Run();
}

}  // namespace steward::core
