// The search on estimates, against the best of all sets: made-up statements whose plans obey the model of PlanModel.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "advise/index/selection.hpp"
#include "advise/index/set_moves.hpp"

namespace steward::advise {
namespace {

using model::AccessPath;
using model::Configuration;

constexpr std::size_t kCandidates = 12;
constexpr std::size_t kStatements = 8;
constexpr int kPlans = 4;
constexpr std::int64_t kMegabyte = 1'000'000;

// Two relations each, each read by a scan, by one of some candidates, or by one of them per outer row.
struct Scenario {
  explicit Scenario(unsigned seed) : random(seed) {
    for (std::size_t c = 0; c < kCandidates; c++) {
      model::IndexDefinition definition;
      definition.relid = static_cast<model::Oid>(10 + c);
      definition.keys = {{1, "k" + std::to_string(c), "", "", "", false, false}};
      candidates.definitions.push_back(definition);
      sizes.push_back({Between(1, 6) * kMegabyte, ""});
    }
    candidates.relevant.resize(kStatements);
    candidates.own.resize(kStatements);
    for (std::size_t s = 0; s < kStatements; s++) MakeStatement(s);
  }

  int Between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); }

  void MakeStatement(std::size_t s) {
    std::vector<AccessPath>& paths = accesses.emplace_back();
    for (int relation = 1; relation <= 2; relation++) {
      const double scan = Between(500, 1000);
      paths.push_back({relation, "", "", 0, 0, scan, {}});
      for (int i = 0; i < 4; i++) {
        const auto c = static_cast<std::size_t>(Between(0, kCandidates - 1));
        paths.push_back({relation, "", "", 0, 0, scan * Between(10, 90) / 100, {c}});
        paths.push_back({relation, std::to_string(3 - relation), "", 0, 0, static_cast<double>(Between(1, 9)), {c}});
        candidates.own[s].push_back(c);
      }
    }
    std::vector<model::PlanTemplate>& known = templates.emplace_back();
    known.push_back({100, {{Find(s, 1, ""), 0, 1}, {Find(s, 2, ""), 0, 1}}, {}});
    for (int p = 1; p < kPlans; p++) {
      const int inner = 1 + p % 2;
      known.push_back({static_cast<double>(Between(20, 100)),
                       {{Find(s, 3 - inner, ""), 0, 1},
                        {Find(s, inner, std::to_string(3 - inner)), 0, static_cast<double>(Between(20, 200))}},
                       {}});
    }
    Configuration& relevant = candidates.relevant[s];
    relevant = candidates.own[s];
    std::sort(relevant.begin(), relevant.end());
    relevant.erase(std::unique(relevant.begin(), relevant.end()), relevant.end());
    candidates.own[s] = relevant;
    weights.push_back(Between(1, 10));
  }

  [[nodiscard]] AccessPath Find(std::size_t s, int relation, const std::string& outer) const {
    for (const AccessPath& access : accesses[s])
      if (access.relation == relation && access.outer == outer) return access;
    return {};
  }

  // What the planner would do: the cheapest plan, each place filled with the best access path there is.
  model::Cost Plan(std::size_t s, const Configuration& set) const {
    model::Cost best;
    best.total = std::numeric_limits<double>::infinity();
    for (model::PlanTemplate plan : templates[s]) {
      model::Cost cost;
      cost.total = plan.internal;
      for (model::PlanSlot& slot : plan.slots) {
        AccessPath taken;
        taken.total_cost = std::numeric_limits<double>::infinity();
        for (const AccessPath& access : accesses[s])
          if (access.relation == slot.access.relation && access.outer == slot.access.outer &&
              access.total_cost < taken.total_cost &&
              std::includes(set.begin(), set.end(), access.candidates.begin(), access.candidates.end()))
            taken = access;
        slot.access = taken;
        cost.total += slot.total_weight * taken.total_cost;
        cost.used.insert(cost.used.end(), taken.candidates.begin(), taken.candidates.end());
      }
      if (cost.total >= best.total) continue;
      best = cost;
      best.plan = plan;
    }
    std::sort(best.used.begin(), best.used.end());
    best.used.erase(std::unique(best.used.begin(), best.used.end()), best.used.end());
    return best;
  }

  [[nodiscard]] double Objective(const Configuration& set) const {
    double sum = 0;
    for (std::size_t s = 0; s < kStatements; s++) sum += weights[s] * Plan(s, set).total;
    return sum;
  }

  [[nodiscard]] double BestOfAll(std::int64_t budget) const {
    double best = std::numeric_limits<double>::infinity();
    for (unsigned bits = 0; bits < 1U << kCandidates; bits++) {
      Configuration set;
      std::int64_t bytes = 0;
      for (std::size_t c = 0; c < kCandidates; c++)
        if ((bits >> c & 1U) != 0) set.push_back(c), bytes += sizes[c].bytes;
      if (bytes <= budget) best = std::min(best, Objective(set));
    }
    return best;
  }

  std::mt19937 random;
  Candidates candidates;
  std::vector<model::CandidateSize> sizes;
  std::vector<double> weights;
  std::vector<std::vector<AccessPath>> accesses;
  std::vector<std::vector<model::PlanTemplate>> templates;
};

class ScenarioModel final : public model::CostModel {
 public:
  explicit ScenarioModel(const Scenario& scenario) : scenario_(scenario) {}
  [[nodiscard]] const std::vector<model::CandidateSize>& Sizes() const override { return scenario_.sizes; }
  [[nodiscard]] std::int64_t PlannerCalls() const override { return calls_; }
  std::vector<model::Cost> CostAll(const std::vector<model::CostRequest>& requests) override {
    std::vector<model::Cost> costs;
    for (const model::CostRequest& request : requests) {
      calls_++;
      model::Cost cost = scenario_.Plan(request.statement, request.candidates);
      if (!request.templates) cost.plan.reset();
      for (const AccessPath& access : scenario_.accesses[request.statement])
        if (!request.probes.empty()) cost.accesses.push_back(access);
      costs.push_back(std::move(cost));
    }
    return costs;
  }

 private:
  const Scenario& scenario_;
  std::int64_t calls_ = 0;
};

struct Outcome {
  double objective;
  std::int64_t calls;
};

Outcome Select(const Scenario& scenario, std::int64_t budget, bool quick) {
  ScenarioModel model(scenario);
  CostBook book(model, scenario.candidates.definitions, scenario.candidates.relevant);
  book.Probe(std::vector<bool>(kCandidates, true));
  SelectionInput input{book,  scenario.weights, scenario.candidates, scenario.sizes, std::vector<bool>(kCandidates),
                       std::vector<double>(kCandidates), budget};
  input.quick = quick;
  const Configuration chosen = SelectIndexes(input);
  std::int64_t bytes = 0;
  for (const std::size_t c : chosen) bytes += scenario.sizes[c].bytes;
  EXPECT_LE(bytes, budget);
  return {scenario.Objective(chosen), model.PlannerCalls()};
}

TEST(TemplateSearch, ComesCloseToTheBestOfAllSets) {
  double sum = 0;
  for (unsigned seed = 1; seed <= 20; seed++) {
    const Scenario scenario(seed);
    for (const std::int64_t budget : {6, 12, 24}) {
      const double best = scenario.BestOfAll(budget * kMegabyte);
      const double ratio = Select(scenario, budget * kMegabyte, false).objective / best;
      EXPECT_LT(ratio, 1.005) << "seed " << seed << ", budget " << budget;
      sum += ratio;
    }
  }
  EXPECT_LT(sum / 60, 1.0005);
}

// As SetMoves::Reduce, with everything looked at again after each step.
Configuration ReducedPlainly(SearchSpace& space, Configuration set) {
  while (!set.empty()) {
    const auto loss = [&](std::size_t c) { return space.Gain(Without(set, c), set); };
    const std::size_t worst = *std::min_element(set.begin(), set.end(), [&](std::size_t a, std::size_t b) {
      return loss(a) / space.Bytes(a) < loss(b) / space.Bytes(b);
    });
    if (space.Fits(set) && loss(worst) > space.MinGain()) break;
    set = Without(set, worst);
  }
  return set;
}

TEST(TemplateSearch, WhatEarnsLeastIsDroppedFirst) {
  int dropped = 0;
  for (unsigned seed = 1; seed <= 20; seed++)
    for (const CostBook::Effort effort : {CostBook::Effort::kNothing, CostBook::Effort::kUnsettled}) {
      const Scenario scenario(seed);
      ScenarioModel model(scenario);
      CostBook book(model, scenario.candidates.definitions, scenario.candidates.relevant);
      book.LimitTo(20000);
      book.Probe(std::vector<bool>(kCandidates, true));
      const SelectionInput input{book, scenario.weights, scenario.candidates, scenario.sizes,
                                 std::vector<bool>(kCandidates), std::vector<double>(kCandidates, 7), 12 * kMegabyte, 50};
      SearchSpace space(input);
      space.ShowPlans(1, 30);
      space.Plan(effort);
      Configuration all(kCandidates);
      for (std::size_t c = 0; c < kCandidates; c++) all[c] = c;
      const Configuration left = SetMoves(space).Reduce(all);
      EXPECT_EQ(left, ReducedPlainly(space, all)) << "seed " << seed;
      EXPECT_FALSE(left.empty());
      dropped += static_cast<int>(all.size() - left.size());
    }
  EXPECT_GT(dropped, 40 * 4);
}

TEST(TemplateSearch, AQuickOneTakesAFewPlansOfEachStatement) {
  double sum = 0;
  for (unsigned seed = 1; seed <= 20; seed++) {
    const Scenario scenario(seed);
    const Outcome quick = Select(scenario, 12 * kMegabyte, true);
    EXPECT_LE(quick.calls, 3 * static_cast<std::int64_t>(kStatements));
    sum += quick.objective / scenario.BestOfAll(12 * kMegabyte);
  }
  EXPECT_LT(sum / 20, 1.04);
}

}  // namespace
}  // namespace steward::advise
