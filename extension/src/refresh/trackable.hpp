// Whether what a query calls gives the same for the same rows: functions, and the input and output of types. The built-in
// functions that are stable only through settings are listed; everything else that is not immutable counts as changing by
// itself, for a spare refresh is better than a missed change.
#pragma once

#include "refresh/reading.hpp"

namespace steward::refresh {

/// Notes a reason unless the function gives the same for the same arguments while settings are pinned. Bodies that are kept
/// as trees are read (tree_walk). True when it was a function that is stable through settings.
bool JudgeFunction(Reading* reading, Oid function);

/// The same for turning a value of the type into text and back, with what it is made of.
void JudgeType(Reading* reading, Oid type);

}  // namespace steward::refresh
