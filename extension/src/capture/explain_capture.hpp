// The JSON of a plan as it is kept: EXPLAIN's own, redacted, or a structural one where that is too large or fails.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "executor/execdesc.h"
}

namespace steward::capture {

/// The largest plan that is kept, in bytes (E4).
constexpr uint32 kMaxPlanBytes = 64 * 1024;

struct PlanJson {
  const char* data;  // null when the plan could not be explained at all
  uint32 length;
};

/// Explains a running execution at its end, with actual rows when it was instrumented. Constants are replaced by question
/// marks unless pg_steward.capture_parameters is on. Allocated in the current memory context; never fails.
[[nodiscard]] PlanJson ExplainPlan(QueryDesc* query, double exec_time_ms);

/// The values of the execution's parameters as the server log would show them, or null. Calls output functions, so only where
/// pg_steward.capture_parameters is on.
[[nodiscard]] const char* ShowParameters(QueryDesc* query);

}  // namespace steward::capture
