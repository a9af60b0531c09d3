// See plan_model.hpp.
#include "advise/index/plan_model.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <tuple>

namespace steward::advise {

using model::AccessPath;
using model::Configuration;

namespace {

bool StartsWith(std::string_view order, std::string_view wanted) {
  return order.substr(0, wanted.size()) == wanted &&
         (wanted.empty() || order.size() == wanted.size() || order[wanted.size()] == ' ');
}

bool Fits(const AccessPath& access, const AccessPath& place) {
  return access.relation == place.relation && access.workers == place.workers && access.outer == place.outer &&
         StartsWith(access.order, place.order);
}

bool Close(double a, double b) {
  return std::fabs(a - b) <= 1e-6 * std::max(std::fabs(a), std::fabs(b)) + 1e-9;
}

// By cost, of equals the one with fewer candidates first; nothing is needed behind what is always there.
template <typename Item>
void SortAndCut(std::vector<Item>& items) {
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return std::tuple(a.cost, a.candidates.size()) < std::tuple(b.cost, b.candidates.size());
  });
  const auto free = std::find_if(items.begin(), items.end(), [](const Item& item) { return item.candidates.empty(); });
  if (free != items.end()) items.erase(free + 1, items.end());
}

// The same plan but for what stands in its places.
bool SamePlan(const model::PlanTemplate& a, const model::PlanTemplate& b) {
  return Close(a.internal, b.internal) &&
         std::equal(a.slots.begin(), a.slots.end(), b.slots.begin(), b.slots.end(),
                    [](const model::PlanSlot& x, const model::PlanSlot& y) {
                      return x.access.relation == y.access.relation && x.access.outer == y.access.outer &&
                             x.access.order == y.access.order && x.access.workers == y.access.workers &&
                             Close(x.startup_weight, y.startup_weight) && Close(x.total_weight, y.total_weight);
                    });
}

}  // namespace

// Marks a set as the one in question for as long as it lives.
class PlanModel::Presence {
 public:
  Presence(std::vector<bool>& present, const Configuration& set) : present_(present), set_(set) {
    for (const std::size_t candidate : set_) present_[candidate] = true;
  }
  ~Presence() {
    for (const std::size_t candidate : set_) present_[candidate] = false;
  }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

 private:
  std::vector<bool>& present_;
  const Configuration& set_;
};

PlanModel::Slot PlanModel::MakeSlot(const Statement& statement, const model::PlanSlot& slot) const {
  Slot made;
  const auto add = [&](const AccessPath& access) {
    made.choices.push_back({slot.startup_weight * access.startup_cost + slot.total_weight * access.total_cost,
                            access.candidates});
  };
  const AccessPath& place = slot.access;
  add(place);
  for (const AccessPath& access : statement.accesses) {
    if (Fits(access, place)) add(access);
    if (place.workers > 0 && access.workers > 0 && access.relation == place.relation && access.outer == place.outer)
      made.rivals.push_back({access.total_cost, access.candidates, access.workers == place.workers});
  }
  SortAndCut(made.choices);
  SortAndCut(made.rivals);
  return made;
}

void PlanModel::Learn(std::size_t statement, const model::Cost& cost) {
  Statement& known = statements_[statement];
  known.accesses.insert(known.accesses.end(), cost.accesses.begin(), cost.accesses.end());
  if (!cost.plan.has_value() || !cost.error.empty()) return;
  for (const model::Oid relid : cost.plan->opaque)
    if (std::find(known.opaque.begin(), known.opaque.end(), relid) == known.opaque.end())
      known.opaque.push_back(relid);
  if (std::any_of(known.templates.begin(), known.templates.end(),
                  [&](const model::PlanTemplate& other) { return SamePlan(other, *cost.plan); }))
    return;
  Plan plan{cost.plan->internal, {}};
  for (const model::PlanSlot& slot : cost.plan->slots) plan.slots.push_back(MakeSlot(known, slot));
  known.plans.push_back(std::move(plan));
  known.templates.push_back(*cost.plan);
}

bool PlanModel::Present(const Configuration& candidates) const {
  return std::all_of(candidates.begin(), candidates.end(), [&](std::size_t candidate) { return present_[candidate]; });
}

// Null: this plan cannot be with the set in question.
const PlanModel::Choice* PlanModel::Choose(const Slot& slot) const {
  for (const Rival& rival : slot.rivals) {
    if (!Present(rival.candidates)) continue;
    if (!rival.same) return nullptr;
    break;
  }
  for (const Choice& choice : slot.choices)
    if (Present(choice.candidates)) return &choice;
  return nullptr;
}

double PlanModel::Cost(const Plan& plan) const {
  double total = plan.internal;
  for (const Slot& slot : plan.slots) {
    const Choice* choice = Choose(slot);
    if (choice == nullptr) return std::numeric_limits<double>::infinity();
    total += choice->cost;
  }
  return total;
}

Configuration PlanModel::Used(const Plan& plan) const {
  Configuration used;
  for (const Slot& slot : plan.slots)
    if (const Choice* choice = Choose(slot))
      used.insert(used.end(), choice->candidates.begin(), choice->candidates.end());
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  return used;
}

PlanModel::Best PlanModel::Cheapest(const Statement& statement) const {
  Best best;
  for (std::size_t p = 0; p < statement.plans.size(); p++) {
    double total = Cost(statement.plans[p]);
    if (total >= best.total) continue;
    if (!statement.corrections.empty()) {
      const auto correction = statement.corrections.find({p, Used(statement.plans[p])});
      if (correction != statement.corrections.end()) total += correction->second;
    }
    if (total < best.total) best = {total, p};
  }
  return best;
}

PlanModel::Estimate PlanModel::For(std::size_t statement, const Configuration& set) const {
  const Presence presence(present_, set);
  const Statement& known = statements_[statement];
  const Best best = Cheapest(known);
  if (std::isinf(best.total)) return {};
  return {best.total, Used(known.plans[best.plan])};
}

double PlanModel::Total(std::size_t statement, const Configuration& set) const {
  const Presence presence(present_, set);
  return Cheapest(statements_[statement]).total;
}

void PlanModel::Correct(std::size_t statement, const Configuration& set, double planned) {
  constexpr int kMost = 8;  // plans below the real cost
  const Presence presence(present_, set);
  Statement& known = statements_[statement];
  for (int i = 0; i < kMost; i++) {
    const Best best = Cheapest(known);
    if (std::isinf(best.total) || best.total >= planned || Close(best.total, planned)) return;
    known.corrections[{best.plan, Used(known.plans[best.plan])}] += planned - best.total;
  }
}

PlanModel::WayCosts PlanModel::CostsByWay(std::size_t statement, const std::vector<bool>& allowed) const {
  WayCosts ways;
  for (const AccessPath& access : statements_[statement].accesses)
    if (access.candidates.size() == 1 && allowed[access.candidates.front()])
      ways[{access.relation, access.outer, access.order, access.workers}].emplace_back(access.total_cost,
                                                                                      access.candidates.front());
  for (auto& [way, list] : ways) std::sort(list.begin(), list.end());
  return ways;
}

std::vector<std::size_t> PlanModel::Ranked(std::size_t statement, const std::vector<bool>& allowed) const {
  const WayCosts ways = CostsByWay(statement, allowed);
  std::vector<std::size_t> ranked;
  bool more = true;
  for (std::size_t rank = 0; more; rank++) {
    more = false;
    for (const auto& [way, list] : ways) {
      if (rank >= list.size()) continue;
      more = true;
      if (std::find(ranked.begin(), ranked.end(), list[rank].second) == ranked.end())
        ranked.push_back(list[rank].second);
    }
  }
  return ranked;
}

std::size_t PlanModel::Ways(std::size_t statement, const std::vector<bool>& allowed) const {
  std::set<std::size_t> best;
  for (const auto& [way, list] : CostsByWay(statement, allowed)) best.insert(list.front().second);
  return best.size();
}

}  // namespace steward::advise
