// See cost_book.hpp.
#include "advise/index/cost_book.hpp"

#include <algorithm>
#include <iterator>
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
      definitions_(definitions),
      relevant_(relevant),
      is_relevant_(relevant.size(), std::vector<char>(definitions.size())),
      covering_(Covering(definitions)),
      known_(relevant.size()),
      exact_(relevant.size()),
      plans_(relevant.size(), definitions.size()),
      totals_(relevant.size()) {
  for (std::size_t s = 0; s < relevant.size(); s++)
    for (const std::size_t candidate : relevant[s]) is_relevant_[s][candidate] = 1;
}

Configuration CostBook::Project(std::size_t statement, const Configuration& set) const {
  Configuration result;
  ProjectTo(statement, set, result);
  return result;
}

void CostBook::ProjectTo(std::size_t statement, const Configuration& set, Configuration& result) const {
  result.clear();
  const std::vector<std::size_t>& relevant = relevant_[statement];
  if (relevant.size() < set.size() / 8) {
    std::copy_if(relevant.begin(), relevant.end(), std::back_inserter(result),
                 [&](std::size_t candidate) { return std::binary_search(set.begin(), set.end(), candidate); });
    return;
  }
  const std::vector<char>& is_relevant = is_relevant_[statement];
  for (const std::size_t candidate : set)
    if (is_relevant[candidate] != 0) result.push_back(candidate);
}

const CostBook::Entry* CostBook::Find(const Entries& entries, const Configuration& projected) {
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

const CostBook::Entry* CostBook::Settling(std::size_t statement, const Configuration& projected) const {
  const Entry* entry = Find(known_[statement], projected);
  return entry != nullptr ? entry : Derive(statement, projected);
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

bool CostBook::Estimable(std::size_t statement, const Configuration& projected) const {
  if (!plans_.Knows(statement)) return false;
  const std::vector<model::Oid>& opaque = plans_.Opaque(statement);
  return std::none_of(projected.begin(), projected.end(), [&](std::size_t candidate) {
    return std::find(opaque.begin(), opaque.end(), definitions_[candidate].relid) != opaque.end();
  });
}

bool CostBook::Needless(std::size_t statement, const Configuration& projected, Effort effort) const {
  return Fails(statement) || Settling(statement, projected) != nullptr ||
         (effort == Effort::kInestimable && Estimable(statement, projected));
}

void CostBook::Ask(const Wanted& wanted, Effort effort) {
  if (effort == Effort::kNothing) return;
  std::set<std::pair<std::size_t, Configuration>> missing;
  for (const auto& [statement, set] : wanted) {
    Configuration projected = Project(statement, set);
    if (Needless(statement, projected, effort) || missing.count({statement, projected}) > 0) continue;
    if (model_.PlannerCalls() + static_cast<std::int64_t>(missing.size()) >= limit_) {
      stopped_ = true;
      break;
    }
    missing.emplace(statement, std::move(projected));
  }
  std::vector<model::CostRequest> requests;
  for (const auto& [statement, set] : missing) requests.push_back({statement, set, {}, true, true});
  Send(requests);
}

void CostBook::FetchExact(const Wanted& wanted) {
  std::set<std::pair<std::size_t, Configuration>> missing;
  for (const auto& [statement, set] : wanted) {
    Configuration projected = Project(statement, set);
    if (!Fails(statement) && Find(exact_[statement], projected) == nullptr)
      missing.emplace(statement, std::move(projected));
  }
  std::vector<model::CostRequest> requests;
  for (const auto& [statement, set] : missing) requests.push_back({statement, set});
  Send(requests);
}

void CostBook::Send(const std::vector<model::CostRequest>& requests) {
  if (requests.empty()) return;
  std::vector<Cost> costs = model_.CostAll(requests);
  for (std::size_t i = 0; i < requests.size(); i++) Keep(requests[i], std::move(costs[i]));
}

// Costs of several drawings are not compared with those of one.
void CostBook::Keep(const model::CostRequest& request, Cost cost) {
  Entries& known = known_[request.statement];
  totals_[request.statement].clear();
  const bool comparable = request.one_drawing || known.empty() || !known.front().cost.redrawn;
  if (comparable) plans_.Learn(request.statement, cost);
  if (comparable && cost.error.empty()) plans_.Correct(request.statement, request.candidates, cost.total);
  cost.plan.reset();
  cost.accesses.clear();
  const auto place = [&](Entries& entries, const Cost& made) {
    const auto at = std::lower_bound(entries.begin(), entries.end(), request.candidates,
                                     [](const Entry& e, const Configuration& s) { return e.set < s; });
    if (at == entries.end() || at->set != request.candidates) entries.insert(at, Entry{request.candidates, made});
  };
  if (!request.one_drawing || !cost.redrawn) place(exact_[request.statement], cost);
  if (comparable) place(known, cost);
}

void CostBook::Probe(const std::vector<bool>& allowed) {
  std::vector<model::CostRequest> requests;
  for (std::size_t s = 0; s < known_.size(); s++) {
    model::CostRequest request{s, {}, {}, true, true};
    for (const std::size_t candidate : relevant_[s])
      if (allowed[candidate]) request.probes.push_back(candidate);
    requests.push_back(std::move(request));
  }
  Send(requests);
}

const CostBook::Entry& CostBook::CheapestServing(std::size_t statement, const Configuration& projected) const {
  const Entry* best = &known_[statement].front();  // without candidates: the empty set sorts first
  for (const Entry& entry : known_[statement])
    if (entry.cost.error.empty() && entry.cost.total < best->cost.total && Serves(projected, entry.cost.used))
      best = &entry;
  return *best;
}

std::size_t CostBook::Hash::operator()(const Configuration& set) const {
  std::uint64_t hash = 14695981039346656037U;
  for (const std::size_t candidate : set) hash = (hash ^ candidate) * 1099511628211U;
  return hash;
}

double CostBook::ComputeTotal(std::size_t statement, const Configuration& projected) const {
  if (const Entry* entry = Settling(statement, projected))
    return entry->cost.error.empty() ? entry->cost.total : known_[statement].front().cost.total;
  const double known = CheapestServing(statement, projected).cost.total;
  return Estimable(statement, projected) ? std::min(known, plans_.Total(statement, projected)) : known;
}

double CostBook::Total(std::size_t statement, const Configuration& set) const {
  if (Fails(statement)) return 0;
  ProjectTo(statement, set, projected_);
  Totals& totals = totals_[statement];
  if (const auto known = totals.find(projected_); known != totals.end()) return known->second;
  const double total = ComputeTotal(statement, projected_);
  totals.emplace(projected_, total);
  return total;
}

Configuration CostBook::Used(std::size_t statement, const Configuration& set) const {
  if (Fails(statement)) return {};
  const Configuration projected = Project(statement, set);
  if (const Entry* entry = Settling(statement, projected)) return entry->cost.used;
  const Entry& known = CheapestServing(statement, projected);
  if (!Estimable(statement, projected)) return known.cost.used;
  PlanModel::Estimate estimate = plans_.For(statement, projected);
  return estimate.total < known.cost.total ? std::move(estimate.used) : known.cost.used;
}

const Cost& CostBook::Exact(std::size_t statement, const Configuration& set) const {
  const Entry* entry = Find(exact_[statement], Project(statement, set));
  return entry != nullptr ? entry->cost : known_[statement].front().cost;
}

}  // namespace steward::advise
