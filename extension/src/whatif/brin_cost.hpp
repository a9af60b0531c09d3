// BRIN's cost with the pages_per_range of a hypothetical index: the server's own estimate assumes the default for
// indexes that do not exist. Owns what is put right about it.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/pathnodes.h"
}

namespace steward::whatif {

/// An index that was handed to the planner.
struct InjectedIndex {
  IndexOptInfo info;
  int pages_per_range;  // of a BRIN index
};

/// Makes the planner cost `index` by its pages_per_range.
void HonourPagesPerRange(InjectedIndex* index);

}  // namespace steward::whatif
