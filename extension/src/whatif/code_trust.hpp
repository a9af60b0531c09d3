// Whose code may run while something is planned: functions, by themselves or behind operators, casts and types. Owns
// the rule for trees, types and relations; text_trust has it for text that is not analysed yet. Nothing here evaluates
// anything, and everything raises insufficient_privilege for what belongs neither to a superuser nor to `owner`
// (InvalidOid: to superusers alone).
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/nodes.h"
#include "utils/rel.h"
}

namespace steward::whatif {

/// Functions and types of an expression, an analysed Query or a list of either. Subqueries and row security count, what
/// belongs to the relations themselves does not.
void RequireTrustedCode(Node* tree, Oid owner);

/// What reading a value of `type` from text may run: the checks of domains, also inside of arrays, rows and ranges.
void RequireTrustedType(Oid type, Oid owner);

/// The types of all columns of `relation`.
void RequireTrustedColumns(Relation relation, Oid owner);

/// What planning a query on `relation` evaluates besides the query: expressions and predicates of its indexes, CHECK
/// constraints, statistics objects, partition key and generated columns.
void RequireTrustedRelation(Relation relation, Oid owner);

}  // namespace steward::whatif
