// What pool advice learns from the pooler's and the application's own configuration: what is set now, and whether clients wait.
#pragma once

#include "cli/arguments.hpp"
#include "model/pool_suggestion.hpp"
#include "pgbouncer/facts.hpp"

namespace steward::cli {

/// Reads --ini, --console and --app where they are given. Throws as ReadPoolSources does.
pgbouncer::Facts ReadPoolerFacts(const Arguments& arguments);

/// Before the advice: clients that wait now, and how many instances and poolers there are, unless an option said so.
void AddPoolerFacts(const pgbouncer::Facts& facts, const PoolAdviceArguments& given, model::PoolWorkload& workload,
                    model::PoolDemand& demand);

/// After it: the values that rows of PgBouncer and the application have now, where they are known.
void FillCurrent(const pgbouncer::Facts& facts, model::PoolAdvice& advice);

}  // namespace steward::cli
