// See set_moves.hpp.
#include "advise/index/set_moves.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <queue>
#include <utility>

namespace steward::advise {

using model::Configuration;

namespace {

constexpr std::size_t kBatch = 16;  // candidates evaluated in one round trip
constexpr double kExchange = 0.2;   // of what a further index must gain: enough to replace one by another

}  // namespace

Configuration Without(Configuration set, std::size_t candidate) {
  set.erase(std::remove(set.begin(), set.end(), candidate), set.end());
  return set;
}

bool Contains(const Configuration& set, std::size_t candidate) {
  return std::binary_search(set.begin(), set.end(), candidate);
}

Configuration SetMoves::Fill(Configuration set) {
  std::vector<double> gain(space_.Candidates());
  for (std::size_t c = 0; c < gain.size(); c++) gain[c] = space_.Single(c);
  return Fill(std::move(set), std::move(gain));
}

Configuration SetMoves::Fill(Configuration set, std::vector<double> gain) {
  std::vector<bool> fresh(gain.size());
  while (true) {
    const std::size_t chosen = BestAddition(set, gain, fresh);
    if (chosen == gain.size()) return set;
    set = space_.Extended(set, chosen);
    fresh.assign(space_.Candidates(), false);
    if (space_.Plans()) space_.Report("selecting", space_.SizeShare(set));
  }
}

double SetMoves::Threshold(const Configuration& from, const Configuration& to) const {
  return to.size() > from.size() ? space_.MinGain() : kExchange * space_.MinGain();
}

// The addition with most gain per byte, re-evaluating in batches only those whose stale score could still win.
std::size_t SetMoves::BestAddition(const Configuration& set, std::vector<double>& gain, std::vector<bool>& fresh) {
  const std::size_t most = space_.Plans() ? kBatch : 1;
  const double room = space_.Room(set);
  std::priority_queue<std::pair<double, std::size_t>> queue;  // score and candidate
  const auto enqueue = [&](std::size_t c) { queue.emplace(gain[c] / space_.Bytes(c), c); };
  for (std::size_t c = 0; c < space_.Candidates(); c++)
    if (gain[c] > kExchange * space_.MinGain() && space_.Bytes(c) <= room && space_.Allowed(c) && !Contains(set, c))
      enqueue(c);
  while (!queue.empty()) {
    if (fresh[queue.top().second]) return queue.top().second;
    std::vector<std::size_t> batch;
    std::vector<Configuration> sets;
    while (!queue.empty() && batch.size() < most && !fresh[queue.top().second]) {
      const std::size_t c = queue.top().second;
      queue.pop();
      Configuration next = space_.Extended(set, c);
      if (next.empty() || !space_.Fits(next)) continue;
      batch.push_back(c);
      sets.push_back(std::move(next));
    }
    space_.FetchMoves(set, sets);
    for (std::size_t i = 0; i < batch.size(); i++) {
      gain[batch[i]] = space_.Gain(set, sets[i]);
      fresh[batch[i]] = true;
      if (gain[batch[i]] > Threshold(set, sets[i])) enqueue(batch[i]);
    }
  }
  return space_.Candidates();
}

// What the absence of each member of a set would cost, kept while members are dropped one by one: only statements that
// the dropped one can matter to are looked at again.
class SetMoves::Losses {
 public:
  Losses(SearchSpace& space, const Configuration& set)
      : space_(space), of_statement_(space.Statements()), of_member_(space.Candidates()) {
    std::vector<std::size_t> all(space.Statements());
    std::iota(all.begin(), all.end(), std::size_t{0});
    if (space.Plans())
      Plan(set, all);
    else
      for (const std::size_t member : set) of_member_[member] = space.Gain(Without(set, member), set);
  }

  // `set` is what is left without `dropped`.
  void Drop(const Configuration& set, std::size_t dropped) {
    if (space_.Plans()) return Plan(set, space_.Users(dropped));
    std::vector<bool> touched(space_.Statements());
    for (const std::size_t s : space_.Users(dropped)) touched[s] = true;
    for (const std::size_t member : set) {
      const std::vector<std::size_t>& users = space_.Users(member);
      if (std::any_of(users.begin(), users.end(), [&](std::size_t s) { return touched[s]; }))
        of_member_[member] = space_.Gain(Without(set, member), set);
    }
  }

  [[nodiscard]] double Of(std::size_t member) const { return of_member_[member]; }

 private:
  // Only statements whose plan needs a member can lose.
  void Plan(const Configuration& set, const std::vector<std::size_t>& statements) {
    CostBook::Wanted wanted;
    for (const std::size_t s : statements) wanted.emplace_back(s, set);
    space_.Fetch(wanted);
    wanted.clear();
    std::vector<std::size_t> members;
    for (const std::size_t s : statements) {
      of_statement_[s].clear();
      for (const std::size_t i : space_.Needed(s, set)) {
        wanted.emplace_back(s, Without(set, set[i]));
        members.push_back(set[i]);
      }
    }
    space_.Fetch(wanted);
    for (std::size_t i = 0; i < wanted.size(); i++) {
      const auto& [s, without] = wanted[i];
      of_statement_[s].emplace_back(members[i],
                                    space_.Weight(s) * (space_.CostOf(s, without) - space_.CostOf(s, set)));
    }
    for (const std::size_t member : set) of_member_[member] = -space_.Upkeep(member);
    for (const auto& losses : of_statement_)
      for (const auto& [member, loss] : losses) of_member_[member] += loss;
  }

  SearchSpace& space_;
  std::vector<std::vector<std::pair<std::size_t, double>>> of_statement_;  // member and loss
  std::vector<double> of_member_;                                         // per candidate
};

Configuration SetMoves::Reduce(Configuration set, std::optional<std::size_t> keep) {
  Losses losses(space_, set);
  while (!set.empty()) {
    const auto per_byte = [&](std::size_t member) {
      return member == keep ? std::numeric_limits<double>::infinity() : losses.Of(member) / space_.Bytes(member);
    };
    const std::size_t worst = *std::min_element(
        set.begin(), set.end(), [&](std::size_t a, std::size_t b) { return per_byte(a) < per_byte(b); });
    if (space_.Fits(set) && (losses.Of(worst) > space_.MinGain() || worst == keep)) break;
    set = Without(std::move(set), worst);
    losses.Drop(set, worst);
    if (space_.Plans()) space_.Report("selecting", space_.SizeShare(set));
  }
  return space_.Fits(set) ? set : Configuration{};
}

std::vector<std::size_t> SetMoves::Shortlist(std::size_t most) const {
  std::vector<std::size_t> list;
  for (std::size_t c = 0; c < space_.Candidates(); c++)
    if (space_.Allowed(c) && space_.Single(c) > 0) list.push_back(c);
  std::sort(list.begin(), list.end(),
            [&](std::size_t a, std::size_t b) { return space_.Single(a) > space_.Single(b); });
  if (list.size() > most) list.resize(most);
  return list;
}

}  // namespace steward::advise
