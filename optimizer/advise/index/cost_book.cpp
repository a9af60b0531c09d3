// See cost_book.hpp.
#include "advise/index/cost_book.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace steward::advise {

using model::Configuration;
using model::Cost;

namespace {

bool Subset(const Configuration& small, const Configuration& large) {
  return std::includes(large.begin(), large.end(), small.begin(), small.end());
}

// Only indexes with the same first key can cover each other.
std::vector<std::vector<std::size_t>> Covering(const std::vector<model::IndexDefinition>& definitions) {
  std::map<std::pair<model::Oid, std::string>, std::vector<std::size_t>> by_lead;
  for (std::size_t i = 0; i < definitions.size(); i++)
    by_lead[{definitions[i].relid, definitions[i].keys.front().name}].push_back(i);
  std::vector<std::vector<std::size_t>> covering(definitions.size());
  for (const auto& [lead, members] : by_lead)
    for (const std::size_t i : members)
      for (const std::size_t j : members)
        if (i != j && Covers(definitions[j], definitions[i])) covering[i].push_back(j);
  return covering;
}

}  // namespace

CostBook::CostBook(model::CostModel& model, const std::vector<model::IndexDefinition>& definitions,
                   const std::vector<std::vector<std::size_t>>& relevant)
    : model_(model),
      relevant_(relevant),
      is_relevant_(relevant.size(), std::vector<bool>(definitions.size())),
      covering_(Covering(definitions)),
      known_(relevant.size()) {
  for (std::size_t s = 0; s < relevant.size(); s++)
    for (const std::size_t candidate : relevant[s]) is_relevant_[s][candidate] = true;
}

Configuration CostBook::Project(std::size_t statement, const Configuration& set) const {
  Configuration result;
  for (const std::size_t candidate : set)
    if (is_relevant_[statement][candidate]) result.push_back(candidate);
  return result;
}

const CostBook::Entry* CostBook::Find(std::size_t statement, const Configuration& projected) const {
  const auto& entries = known_[statement];
  const auto at = std::lower_bound(entries.begin(), entries.end(), projected,
                                   [](const Entry& entry, const Configuration& set) { return entry.set < set; });
  return at != entries.end() && at->set == projected ? &*at : nullptr;
}

const CostBook::Entry* CostBook::Derive(std::size_t statement, const Configuration& projected) const {
  for (const Entry& entry : known_[statement])
    if (projected.size() <= entry.set.size() && entry.cost.error.empty() && Subset(entry.cost.used, projected) &&
        Subset(projected, entry.set))
      return &entry;
  return nullptr;
}

bool CostBook::Serves(const Configuration& set, const Configuration& used) const {
  const auto in_set = [&](std::size_t candidate) { return std::binary_search(set.begin(), set.end(), candidate); };
  return std::all_of(used.begin(), used.end(), [&](std::size_t candidate) {
    return in_set(candidate) || std::any_of(covering_[candidate].begin(), covering_[candidate].end(), in_set);
  });
}

// What cannot be planned without candidates cannot be planned with them either, and may wait for a lock each time.
bool CostBook::Fails(std::size_t statement) const {
  return !known_[statement].empty() && known_[statement].front().set.empty() &&
         !known_[statement].front().cost.error.empty();
}

void CostBook::Ask(const Wanted& wanted, bool exact) {
  std::set<std::pair<std::size_t, Configuration>> missing;
  for (const auto& [statement, set] : wanted) {
    const Configuration projected = Project(statement, set);
    if (Find(statement, projected) != nullptr || Fails(statement)) continue;
    if (!exact && Derive(statement, projected) != nullptr) continue;
    if (missing.count({statement, projected}) > 0) continue;
    if (!exact && model_.PlannerCalls() + static_cast<std::int64_t>(missing.size()) >= limit_) {
      stopped_ = true;
      break;
    }
    missing.emplace(statement, projected);
  }
  if (missing.empty()) return;
  std::vector<model::CostRequest> requests;
  for (const auto& [statement, set] : missing) requests.push_back({statement, set});
  std::vector<Cost> costs = model_.CostAll(requests);
  for (std::size_t i = 0; i < requests.size(); i++) {
    auto& entries = known_[requests[i].statement];
    entries.insert(std::lower_bound(entries.begin(), entries.end(), requests[i].candidates,
                                    [](const Entry& e, const Configuration& s) { return e.set < s; }),
                   Entry{requests[i].candidates, std::move(costs[i])});
  }
}

void CostBook::Fetch(const Wanted& wanted) {
  Ask(wanted, false);
}

void CostBook::FetchExact(const Wanted& wanted) {
  Ask(wanted, true);
}

const Cost& CostBook::Get(std::size_t statement, const Configuration& set) const {
  const Configuration projected = Project(statement, set);
  if (const Entry* entry = Find(statement, projected)) return entry->cost;
  if (const Entry* entry = Derive(statement, projected)) return entry->cost;
  const Cost* best = &known_[statement].front().cost;  // without candidates: the empty set sorts first
  for (const Entry& entry : known_[statement])
    if (entry.cost.error.empty() && entry.cost.total < best->total && Serves(projected, entry.cost.used))
      best = &entry.cost;
  return *best;
}

}  // namespace steward::advise
