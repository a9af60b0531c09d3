// See node_measures.hpp.
#include "capture/node_measures.hpp"

#include "pg/node_walk.hpp"

extern "C" {
#include "executor/instrument.h"
#include "utils/rel.h"
}

namespace steward::capture {

namespace {

constexpr int kMaxMeasures = 256;

bool ScansRelation(const PlanState* state) {
  switch (nodeTag(state)) {
    case T_SeqScanState:
    case T_SampleScanState:
    case T_IndexScanState:
    case T_IndexOnlyScanState:
    case T_BitmapHeapScanState:
    case T_TidScanState:
    case T_TidRangeScanState:
      return true;
    default:
      return false;
  }
}

// Rows of the relation, for each time it was scanned. A scan without an index tells how far it came (LIMIT may stop it); the
// participants of a parallel scan share one pass.
double RowsBefore(const PlanState* state, const Instrumentation& measured, double rows) {
  const double tested = measured.ntuples + measured.nfiltered1 + measured.nfiltered2;
  if (IsA(state, SeqScanState)) return tested;
  return Max(tested, rows * (state->plan->parallel_aware ? 1 : measured.nloops));
}

bool Measure(PlanState* state, void* argument) {
  auto* measures = static_cast<Measures*>(argument);
  if (stack_is_too_deep() || measures->count >= kMaxMeasures) return true;
  Instrumentation* measured = state->instrument;
  if (measured != nullptr && ScansRelation(state)) {
    InstrEndLoop(measured);
    const Relation relation = reinterpret_cast<ScanState*>(state)->ss_currentRelation;
    if (measured->nloops > 0 && relation != nullptr) {
      store::NodeMeasure& item = measures->items[measures->count++];
      item.node = state->plan->plan_node_id;
      item.passed = measured->ntuples;
      item.seen = RowsBefore(state, *measured, Max(relation->rd_rel->reltuples, 0));
    }
  }
  return pg::WalkPlanStates(state, Measure, argument);
}

}  // namespace

Measures MeasureNodes(PlanState* root) {
  Measures measures{static_cast<store::NodeMeasure*>(palloc(sizeof(store::NodeMeasure) * kMaxMeasures)), 0};
  Measure(root, &measures);
  return measures;
}

}  // namespace steward::capture
