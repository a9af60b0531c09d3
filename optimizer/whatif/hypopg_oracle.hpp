// The cost oracle for servers without pg_steward: HypoPG makes the indexes up, and the generic plans of the statements'
// texts are costed. No values, no templates, no access costs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "db/planning_transaction.hpp"
#include "model/cost_oracle.hpp"

namespace steward::whatif {

/// Plans in short read-only transactions, about a second each, after which neither an index nor a prepared statement is
/// left. A statement that fails costs its transaction, no more.
class HypopgOracle : public model::CostOracle {
 public:
  using Clock = std::function<double()>;  // seconds from any start

  /// `schema` is HypoPG's, quoted. All must outlive the oracle and its cost models; the database is a direct connection in
  /// no transaction.
  HypopgOracle(db::Database& database, std::string schema, const model::Workload& workload, db::PlanningFacts& facts,
               Clock clock);

  std::unique_ptr<model::CostModel> Prepare(const std::vector<const model::Statement*>& statements,
                                            const std::vector<model::IndexDefinition>& candidates) override;

 private:
  db::Database& database_;
  std::string schema_;
  const model::Workload& workload_;
  db::PlanningFacts& facts_;
  Clock clock_;
};

}  // namespace steward::whatif
