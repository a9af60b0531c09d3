// Reads from an instrumented execution how many rows its scans returned of how many.
#pragma once

#include "pg/postgres.hpp"
#include "store/plans.hpp"

extern "C" {
#include "nodes/execnodes.h"
}

namespace steward::capture {

struct Measures {
  store::NodeMeasure* items;
  int count;
};

/// One measure for each scan of a relation that ran. Allocated in the current memory context.
[[nodiscard]] Measures MeasureNodes(PlanState* root);

}  // namespace steward::capture
