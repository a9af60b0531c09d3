// See cost_book.hpp.
#include "advise/index/cost_book.hpp"

#include <algorithm>

namespace steward::advise {

using model::Configuration;
using model::Cost;

namespace {

bool Subset(const Configuration& small, const Configuration& large) {
  return std::includes(large.begin(), large.end(), small.begin(), small.end());
}

}  // namespace

Configuration CostBook::Project(std::size_t statement, const Configuration& set) const {
  Configuration result;
  std::set_intersection(set.begin(), set.end(), relevant_[statement].begin(), relevant_[statement].end(),
                        std::back_inserter(result));
  return result;
}

CostBook::Entry* CostBook::Find(std::size_t statement, const Configuration& projected) {
  auto& entries = known_[statement];
  const auto at = std::lower_bound(entries.begin(), entries.end(), projected,
                                   [](const Entry& entry, const Configuration& set) { return entry.set < set; });
  return at != entries.end() && at->set == projected ? &*at : nullptr;
}

bool CostBook::Derive(std::size_t statement, const Configuration& projected) {
  auto& entries = known_[statement];
  for (const Entry& entry : entries) {
    if (!entry.cost.exact || !entry.cost.error.empty() || !Subset(entry.cost.used, projected) ||
        !Subset(projected, entry.set))
      continue;
    Entry derived{projected, entry.cost};
    derived.cost.exact = false;
    entries.insert(std::lower_bound(entries.begin(), entries.end(), projected,
                                    [](const Entry& e, const Configuration& set) { return e.set < set; }),
                   std::move(derived));
    return true;
  }
  return false;
}

void CostBook::Ask(const std::vector<std::pair<std::size_t, Configuration>>& wanted, bool exact) {
  std::set<std::pair<std::size_t, Configuration>> missing;
  for (const auto& [statement, set] : wanted) {
    const Configuration projected = Project(statement, set);
    const Entry* entry = Find(statement, projected);
    if (entry != nullptr && (!exact || entry->cost.exact)) continue;
    if (!exact && Derive(statement, projected)) continue;
    missing.emplace(statement, projected);
  }
  if (missing.empty()) return;
  std::vector<model::CostRequest> requests;
  for (const auto& [statement, set] : missing) requests.push_back({statement, set});
  std::vector<Cost> costs = model_.CostAll(requests);
  for (std::size_t i = 0; i < requests.size(); i++) {
    const auto& [statement, set] = requests[i];
    if (Entry* entry = Find(statement, set); entry != nullptr) {
      entry->cost = std::move(costs[i]);
      continue;
    }
    auto& entries = known_[statement];
    entries.insert(std::lower_bound(entries.begin(), entries.end(), set,
                                    [](const Entry& e, const Configuration& s) { return e.set < s; }),
                   Entry{set, std::move(costs[i])});
  }
}

void CostBook::Fetch(const std::vector<std::pair<std::size_t, Configuration>>& wanted) {
  Ask(wanted, false);
}

void CostBook::FetchExact(const std::vector<std::pair<std::size_t, Configuration>>& wanted) {
  Ask(wanted, true);
}

const Cost& CostBook::Get(std::size_t statement, const Configuration& set) {
  const Configuration projected = Project(statement, set);
  if (Entry* entry = Find(statement, projected); entry != nullptr) return entry->cost;
  Ask({{statement, projected}}, false);
  return Find(statement, projected)->cost;
}

}  // namespace steward::advise
