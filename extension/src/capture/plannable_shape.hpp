// The shape of a replaced constant: coarsened facts about where it lies in its column's distribution.
#pragma once

#include "capture/plannable_params.hpp"
#include "store/plannable_record.hpp"

namespace steward::capture {

/// Fills kinds, frequencies, positions, lengths and pairs of `out` (list->count entries, by final_id - 1) from the
/// constants and the statistics of their columns. Compares values with the comparison's own operator, if that is built
/// in or in C.
void MeasureShapes(const ParamList* list, store::PlannableParam* out);

}  // namespace steward::capture
