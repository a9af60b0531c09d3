// The oracle of the folded workload. Declared in tenants.hpp.
#include <algorithm>

#include "advise/index/tenants.hpp"

namespace steward::advise {

namespace {

using model::Configuration;

class TenantModel final : public model::CostModel {
 public:
  TenantModel(const Tenants& tenants, model::CostOracle& oracle, const std::vector<const model::Statement*>& statements,
              const std::vector<model::IndexDefinition>& candidates)
      : tenants_(tenants) {
    for (const model::Statement* statement : statements) keys_.emplace_back(statement->userid, statement->queryid);
    std::vector<double> factors;
    std::vector<std::size_t> largest;
    for (const model::IndexDefinition& candidate : candidates) {
      auto [definition, factor] = tenants.Largest(candidate);
      factors.push_back(factor);
      largest.push_back(Place(std::move(definition), factors.size() - 1));
      own_.push_back(Place(candidate, factors.size() - 1));
    }
    // Every table of a statement's schema that a candidate is on gets that candidate.
    there_.resize(keys_.size());
    std::map<model::Oid, std::vector<std::size_t>> by_table;
    for (std::size_t c = 0; c < candidates.size(); c++) by_table[candidates[c].relid].push_back(c);
    for (std::size_t s = 0; s < keys_.size(); s++)
      for (const model::Oid relid : tenants.TablesAt(keys_[s]))
        for (const std::size_t c : by_table[relid]) there_[s][c] = Place(tenants.At(keys_[s], candidates[c]), c);
    model_ = oracle.Prepare(statements, definitions_);
    for (std::size_t c = 0; c < candidates.size(); c++) {
      model::CandidateSize size = model_->Sizes()[largest[c]];
      size.bytes = static_cast<std::int64_t>(static_cast<double>(size.bytes) * factors[c]);
      sizes_.push_back(std::move(size));
    }
  }

  [[nodiscard]] const std::vector<model::CandidateSize>& Sizes() const override { return sizes_; }
  [[nodiscard]] std::int64_t PlannerCalls() const override { return model_->PlannerCalls(); }

  std::vector<model::Cost> CostAll(const std::vector<model::CostRequest>& requests) override {
    std::vector<model::CostRequest> asked = requests;
    for (model::CostRequest& request : asked) {
      request.candidates = There(request.statement, request.candidates);
      request.probes = There(request.statement, request.probes);
    }
    std::vector<model::Cost> costs = model_->CostAll(asked);
    for (model::Cost& cost : costs) {
      cost.used = Back(cost.used);
      for (model::AccessPath& access : cost.accesses) access.candidates = Back(access.candidates);
      if (!cost.plan) continue;
      for (model::PlanSlot& slot : cost.plan->slots) slot.access.candidates = Back(slot.access.candidates);
      for (model::Oid& relid : cost.plan->opaque) relid = tenants_.GroupOf(relid);
    }
    return costs;
  }

 private:
  std::size_t Place(model::IndexDefinition definition, std::size_t candidate) {
    const auto [entry, fresh] = places_.try_emplace({definition.relid, candidate}, definitions_.size());
    if (fresh) {
      definitions_.push_back(std::move(definition));
      back_.push_back(candidate);
    }
    return entry->second;
  }
  [[nodiscard]] Configuration There(std::size_t statement, const Configuration& set) const {
    Configuration result;
    for (const std::size_t candidate : set) {
      const auto place = there_[statement].find(candidate);
      result.push_back(place == there_[statement].end() ? own_[candidate] : place->second);
    }
    std::sort(result.begin(), result.end());
    return result;
  }
  [[nodiscard]] Configuration Back(const Configuration& set) const {
    Configuration result;
    for (const std::size_t place : set) result.push_back(back_[place]);
    std::sort(result.begin(), result.end());
    return result;
  }

  const Tenants& tenants_;
  std::vector<Tenants::StatementKey> keys_;
  std::map<std::pair<model::Oid, std::size_t>, std::size_t> places_;  // by table and candidate: in definitions_
  std::vector<model::IndexDefinition> definitions_;                  // as the other oracle knows them
  std::vector<std::size_t> back_;                                    // their candidates
  std::vector<std::map<std::size_t, std::size_t>> there_;            // by statement: candidates of its own schema
  std::vector<std::size_t> own_;                                     // by candidate: what other statements get
  std::unique_ptr<model::CostModel> model_;
  std::vector<model::CandidateSize> sizes_;
};

}  // namespace

std::unique_ptr<model::CostModel> TenantOracle::Prepare(const std::vector<const model::Statement*>& statements,
                                                        const std::vector<model::IndexDefinition>& candidates) {
  return std::make_unique<TenantModel>(tenants_, oracle_, statements, candidates);
}

}  // namespace steward::advise
