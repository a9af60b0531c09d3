// The order in which a path gives its rows, as text that is the same in every planning of a statement: one token a sort
// key, with a space between, as in "5 7-". A key is the number of a column, or "e" and a hash for an expression, its constants left out; "-"
// follows for descending order and "n" where NULLs are not at the end they are at by default.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/pathnodes.h"
}

namespace steward::whatif {

/// The first `count` keys of the order of `path`, which scans one relation.
const char* OrderOfPath(const PlannerInfo* root, const Path* path, int count);

/// True when every path with the order `order` has the order `prefix` as well.
[[nodiscard]] bool IsOrderPrefix(const char* prefix, const char* order);

/// The relation that `relid` is a member of, directly or not, or itself.
[[nodiscard]] Index TopmostParent(const PlannerInfo* root, Index relid);

}  // namespace steward::whatif
