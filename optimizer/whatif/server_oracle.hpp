// The cost oracle behind steward.whatif: plans are made inside the server, as each statement's own role, and only costs
// come back. Batches and translates; what was asked before is remembered by the caller.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "model/cost_oracle.hpp"

namespace steward::whatif {

class ServerOracle : public model::CostOracle {
 public:
  /// The database must outlive the oracle and its cost models, and be inside a transaction on a direct connection.
  explicit ServerOracle(db::Database& database) : database_(database) {}

  std::unique_ptr<model::CostModel> Prepare(const std::vector<const model::Statement*>& statements,
                                            const std::vector<model::IndexDefinition>& candidates) override;

 private:
  db::Database& database_;
};

}  // namespace steward::whatif
