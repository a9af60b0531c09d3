// What it costs to read one relation: by the paths that the planner has found, and by each candidate alone, of which
// the planning knows nothing. This is the capture of PINUM (Dash, Polyzotis, Ailamaki: CoPhy, VLDB 2011;
// Papadomanolakis et al.: Efficient use of the query optimizer for automated physical design, VLDB 2007). Owns making
// these paths and dropping those that can never matter.
#pragma once

#include "pg/postgres.hpp"
#include "whatif/candidate.hpp"

extern "C" {
#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"
#include "nodes/pg_list.h"
}

namespace steward::whatif {

/// Which candidates to probe, by position in `candidates`; none: nothing is probed.
struct Probe {
  const Candidate* candidates;
  int ncandidates;
  const int* chosen;
  int nchosen;
};

/// One way to read a relation. `order` is as path_order says, `workers` those of a partial path (0: not partial), costs
/// are in planner units, candidates are numbers from 1.
struct Access {
  Relids outer;
  const char* order;
  int workers;
  Cost startup;
  Cost total;
  List* candidates;
};

/// The costs of a path as the scan's own. The planner adds to those of the path it takes, in place, for what is above
/// it.
struct PathCosts {
  const Path* path;
  Cost startup;
  Cost total;
};

/// True for the relations whose paths an index can change: tables that are read whole, not parents, not samples.
[[nodiscard]] bool HasPlainPaths(RelOptInfo* rel, const RangeTblEntry* entry);

/// List of PathCosts of all paths that `rel` has now.
List* CostsOfPaths(const RelOptInfo* rel);

/// List of Access: those of the paths that `rel` has now, a sequential scan, and what each probed candidate alone would
/// give. NIL when nothing is probed. To be called when the planner has made its own paths; leaves `rel` as it was.
List* ProbeAccesses(PlannerInfo* root, RelOptInfo* rel, Oid relid, const Probe& probe);

/// Numbers, from 1 and ascending, of the candidates that a scan path uses.
List* CandidatesOfPath(const Path* path, const Candidate* candidates, int ncandidates);

}  // namespace steward::whatif
