// What the executor hooks tell about plans: seen, done, failed. Decides what of a plan is kept; how plans are read is plan_walk's
// and predicate_walk's business, where they are kept is store's. Every function here is C-shaped and never fails the user's
// statement.
#pragma once

#include "pg/postgres.hpp"
#include "store/statement_key.hpp"

extern "C" {
#include "executor/execdesc.h"
}

namespace steward::capture {

/// At ExecutorStart, after standard_ExecutorStart: the plan's id. The first time that this backend sees the plan, its
/// predicates are collected unless they are stored already. Later sights of the same plan cost a look into a local cache.
uint64 PlanSeen(const store::StatementKey& key, QueryDesc* query);

}  // namespace steward::capture
