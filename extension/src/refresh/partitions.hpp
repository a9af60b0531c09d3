// Partitions and inheritance around the tables that a view reads.
#pragma once

#include "refresh/reading.hpp"

namespace steward::refresh {

/// Adds the descendants of tables that are read with them, the ancestors of all, and the leaf sets.
void ExpandTables(Reading* reading);

}  // namespace steward::refresh
