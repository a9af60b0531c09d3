// Whose code a candidate may bring into planning. Owns the rule and its check; see candidate.hpp for why.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/nodes.h"
#include "utils/rel.h"
}

namespace steward::whatif {

/// Raises insufficient_privilege unless every function that `expression` calls, by itself or behind an operator or a
/// cast, belongs to a superuser or to the owner of `relation`. Evaluates nothing.
void RequireTrustedFunctions(Node* expression, Relation relation);

}  // namespace steward::whatif
