// See set_moves.hpp.
#include "advise/index/set_moves.hpp"

#include <algorithm>
#include <limits>
#include <queue>

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

// What the absence of each member would cost. Only statements whose plan needs it can lose.
std::vector<double> SetMoves::Losses(const Configuration& set) {
  std::vector<double> losses(set.size());
  if (!space_.Plans()) {
    for (std::size_t i = 0; i < set.size(); i++) losses[i] = space_.Gain(Without(set, set[i]), set);
    return losses;
  }
  space_.FetchAll(set);
  CostBook::Wanted wanted;
  std::vector<std::pair<std::size_t, std::size_t>> needs;  // statement, position in the set
  for (std::size_t s = 0; s < space_.Statements(); s++)
    for (const std::size_t member : space_.Needed(s, set)) needs.emplace_back(s, member);
  for (const auto& [s, member] : needs) wanted.emplace_back(s, Without(set, set[member]));
  space_.Fetch(wanted);
  for (std::size_t i = 0; i < needs.size(); i++) {
    const auto& [s, member] = needs[i];
    losses[member] += space_.Weight(s) * (space_.CostOf(s, wanted[i].second) - space_.CostOf(s, set));
  }
  for (std::size_t i = 0; i < set.size(); i++) losses[i] -= space_.Upkeep(set[i]);
  return losses;
}

Configuration SetMoves::Reduce(Configuration set, std::optional<std::size_t> keep) {
  while (!set.empty()) {
    const std::vector<double> losses = Losses(set);
    const auto per_byte = [&](std::size_t i) {
      return set[i] == keep ? std::numeric_limits<double>::infinity() : losses[i] / space_.Bytes(set[i]);
    };
    std::size_t worst = 0;
    for (std::size_t i = 1; i < set.size(); i++)
      if (per_byte(i) < per_byte(worst)) worst = i;
    if (space_.Fits(set) && (losses[worst] > space_.MinGain() || set[worst] == keep)) break;
    set = Without(std::move(set), set[worst]);
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
