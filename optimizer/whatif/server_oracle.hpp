// The cost oracle behind steward.whatif: plans are made inside the server, as each statement's own role, and only costs
// come back. Batches and translates; what was asked before is remembered by the caller.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "db/database.hpp"
#include "model/cost_oracle.hpp"

namespace steward::whatif {

/// Asks in short read-only transactions of its own, about a second each: the locks that planning takes are held no
/// longer. A request that fails because somebody else holds a lock is asked again, each time with more patience.
class ServerOracle : public model::CostOracle {
 public:
  using Clock = std::function<double()>;  // seconds from any start

  /// The database must outlive the oracle and its cost models, be a direct connection and in no transaction.
  explicit ServerOracle(db::Database& database, Clock clock = SteadySeconds)
      : database_(database), clock_(std::move(clock)) {}

  std::unique_ptr<model::CostModel> Prepare(const std::vector<const model::Statement*>& statements,
                                            const std::vector<model::IndexDefinition>& candidates) override;

 private:
  static double SteadySeconds();

  db::Database& database_;
  Clock clock_;
};

}  // namespace steward::whatif
