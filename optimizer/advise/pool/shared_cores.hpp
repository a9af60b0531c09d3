// The cores of the simulated machine. Times are milliseconds.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <queue>
#include <vector>

#include "advise/pool/queueing.hpp"

namespace steward::advise::pool {

/// All running transactions get the same share of the cores, so one clock of attained service orders their ends.
class SharedCores {
 public:
  /// Work above `slice` is long.
  SharedCores(double cores, const Competition& others, double slice) : cores_(cores), others_(others), slice_(slice) {}

  void Advance(double span) {
    attained_ += span * Speed();
    used_ += span * Speed() * Running();
  }
  void Add(std::size_t place, double work) {
    ends_.push({attained_ + work, place, work > slice_});
    long_ += work > slice_ ? 1 : 0;
  }
  double UntilNext() const { return ends_.empty() ? std::numeric_limits<double>::infinity() : std::max(0.0, ends_.top().at - attained_) / Speed(); }
  std::size_t PopNext() {
    const End end = ends_.top();
    attained_ = std::max(attained_, end.at);
    long_ -= end.is_long ? 1 : 0;
    ends_.pop();
    return end.place;
  }
  /// Every core does long work, and is left only at the end of a slice.
  bool Taken() const { return long_ >= cores_; }
  double Running() const { return static_cast<double>(ends_.size()); }
  double Used() const { return used_; }

 private:
  double Speed() const { return ends_.empty() ? 1 : others_.Left(cores_, Running()) / Running(); }

  struct End {
    double at;
    std::size_t place;
    bool is_long;

    bool operator>(const End& other) const { return at != other.at ? at > other.at : place > other.place; }
  };

  double cores_;
  Competition others_;
  double slice_;
  int long_ = 0;
  double attained_ = 0;
  double used_ = 0;
  std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
};

}  // namespace steward::advise::pool
