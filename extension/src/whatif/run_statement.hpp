// Running a captured statement again, to measure it. Owns the rule that only what cannot write is run, and the execution;
// the role it runs as is enter_statement's.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/inject.hpp"

extern "C" {
#include "nodes/params.h"
#include "nodes/pg_list.h"
}

namespace steward::whatif {

/// Raises unless `queries`, analysed and rewritten, are one SELECT that locks no rows, changes none and calls nothing
/// volatile, nor, as a superuser, anything but compiled functions. Call it as the role that the statement runs as.
void RequireReader(const List* queries);

struct Run {
  double exec_time;   // milliseconds of one execution: the least of several where it is short
  double total_cost;  // planner units
  uint64 rows;
  List* indexes;  // OIDs of the indexes in the plan
};

/// Plans the statement under `configuration` (real indexes may be hidden, candidates must not be chosen) and, if
/// `execute`, runs it to its end (never where it reads a foreign table), dropping its rows. `values` as CostOf.
Run RunStatement(const List* queries, ParamListInfo values, const Configuration& configuration, bool execute);

}  // namespace steward::whatif
