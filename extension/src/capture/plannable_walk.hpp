// The walk over a statement: visits every clause in which values may be replaced and nothing else.
#pragma once

#include "capture/plannable_params.hpp"
#include "store/plannable_record.hpp"

namespace steward::capture {

/// Why a statement cannot be made plannable, judged without changing or copying it; kCostable when nothing speaks
/// against it.
store::NotCostable Judge(Query* query);

/// Replaces the values of `query` (a copy the caller owns) and collects its parameters, not yet numbered.
void ReplaceInStatement(Query* query, ParamList* params);

}  // namespace steward::capture
