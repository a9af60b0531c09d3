// A made-up oracle whose best answers are known, and a small shop to ask it about, for tests of the index advisor.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/cost_oracle.hpp"
#include "model/workload.hpp"

namespace steward::advise {

using model::Configuration;
using model::Cost;
using model::IndexDefinition;
using model::Predicate;
using model::PredicateKind;
using model::PredicateRole;
using model::Workload;

// Cost of a statement under named indexes ("orders(a,b)"); fills `used` with the names its plan takes.
using PlanFunction = std::function<double(std::int64_t queryid, const std::vector<std::string>& present,
                                          std::vector<std::string>& used)>;

inline std::string Name(const IndexDefinition& index) {
  std::string name = index.table_name + "(" + KeysSql(index) + ")";
  return name + model::TailSql(index);
}

class FakeModel final : public model::CostModel {
 public:
  FakeModel(std::vector<std::int64_t> queryids, const std::vector<IndexDefinition>& candidates, PlanFunction plan,
            std::int64_t bytes, const std::map<std::string, std::int64_t>& bytes_of = {},
            std::map<std::int64_t, int> workers_of = {})
      : queryids_(std::move(queryids)), plan_(std::move(plan)), workers_of_(std::move(workers_of)) {
    for (const IndexDefinition& candidate : candidates) {
      names_.push_back(Name(candidate));
      const auto own = bytes_of.find(names_.back());
      if (own != bytes_of.end())
        sizes_.push_back({own->second, ""});
      else
        sizes_.push_back({bytes * static_cast<std::int64_t>(candidate.keys.size() + candidate.include.size()), ""});
    }
  }
  [[nodiscard]] const std::vector<model::CandidateSize>& Sizes() const override { return sizes_; }
  [[nodiscard]] std::int64_t PlannerCalls() const override { return calls_; }
  std::vector<Cost> CostAll(const std::vector<model::CostRequest>& requests) override {
    std::vector<Cost> costs;
    for (const model::CostRequest& request : requests) {
      calls_++;
      std::vector<std::string> present;
      for (const std::size_t c : request.candidates) present.push_back(names_[c]);
      std::vector<std::string> used;
      Cost cost;
      cost.total = plan_(queryids_[request.statement], present, used);
      if (cost.total < 0) cost.error = "planning failed";
      cost.method = model::CostMethod::kShapes;
      for (const std::size_t c : request.candidates)
        if (std::find(used.begin(), used.end(), names_[c]) != used.end()) cost.used.push_back(c);
      const auto workers = workers_of_.find(queryids_[request.statement]);
      if (cost.used.empty() && workers != workers_of_.end()) cost.workers = workers->second;
      costs.push_back(cost);
    }
    return costs;
  }

 private:
  std::vector<std::int64_t> queryids_;
  std::vector<std::string> names_;
  std::vector<model::CandidateSize> sizes_;
  PlanFunction plan_;
  std::map<std::int64_t, int> workers_of_;
  std::int64_t calls_ = 0;
};

class FakeOracle final : public model::CostOracle {
 public:
  explicit FakeOracle(PlanFunction plan, std::int64_t bytes = 1'000'000) : plan_(std::move(plan)), bytes_(bytes) {}
  std::unique_ptr<model::CostModel> Prepare(const std::vector<const model::Statement*>& statements,
                                            const std::vector<IndexDefinition>& candidates) override {
    std::vector<std::int64_t> ids;
    for (const model::Statement* statement : statements) ids.push_back(statement->queryid);
    seen.clear();
    for (const IndexDefinition& candidate : candidates) seen.push_back(Name(candidate));
    return std::make_unique<FakeModel>(ids, candidates, plan_, bytes_, bytes_of, workers_of);
  }
  std::vector<std::string> seen;
  std::map<std::int64_t, int> workers_of;        // by query id: of its plan that uses no candidate
  std::map<std::string, std::int64_t> bytes_of;  // by name of the index; others take `bytes` a column

 private:
  PlanFunction plan_;
  std::int64_t bytes_;
};

inline bool Has(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

inline Workload Shop() {
  Workload w;
  w.server.database = "shop";
  w.server.window_start = 0;
  w.server.window_end = w.server.collected_at = 7 * 24 * 3600;
  model::Table t;
  t.relid = 10;
  t.schema = t.schema_sql = "public";
  t.name = "orders";
  t.name_sql = "public.orders";
  t.rows = 1e6;
  t.analyzed_at = 1;
  const char* names[] = {"a", "b", "c", "d", "e"};
  for (int i = 0; i < 5; i++) t.columns.push_back({i + 1, names[i], names[i], "integer", true, 4});
  w.tables.push_back(t);
  return w;
}

inline void AddStatement(Workload& w, std::int64_t queryid, std::int64_t calls, double time) {
  model::Statement s;
  s.userid = 7;
  s.queryid = queryid;
  s.calls = calls;
  s.total_exec_time = time;
  s.costable = true;
  w.statements.push_back(s);
}

inline Predicate& AddPredicate(Workload& w, std::int64_t queryid, int attnum, PredicateRole role, PredicateKind kind) {
  Predicate p;
  p.userid = 7;
  p.queryid = queryid;
  p.relid = 10;
  p.attnum = attnum;
  p.role = role;
  p.kind = kind;
  p.scan_no = 1;
  w.predicates.push_back(p);
  return w.predicates.back();
}

inline model::ExistingIndex& AddIndex(Workload& w, const std::string& name, const std::vector<int>& columns) {
  model::ExistingIndex index;
  index.indexrelid = static_cast<model::Oid>(100 + w.indexes.size());
  index.name = index.name_sql = name;
  index.create_sql = "CREATE INDEX " + name + " ON public.orders USING btree (...)";
  index.definition.relid = 10;
  for (const int c : columns) {
    const std::string column(1, static_cast<char>('a' + c - 1));
    index.definition.keys.push_back({c, column, column, "", "", false, false});
  }
  w.indexes.push_back(index);
  return w.indexes.back();
}

}  // namespace steward::advise
