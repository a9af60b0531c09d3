// Where statements to be costed come from: the texts that capture keeps. Owns the rule that a statement is planned only
// as a role that was seen running it, or the function would let its caller run functions as anybody.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/cost_batch.hpp"

namespace steward::whatif {

/// Call store::Drain() once before. Loads the statement `queryid` of the current database as run by `role`, with its
/// samples, or sets its `error`.
void LoadStatement(Oid role, uint64 queryid, Statement* statement);

}  // namespace steward::whatif
