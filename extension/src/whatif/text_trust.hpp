// The rule of code_trust for text that is not analysed yet: analysis itself runs code, for it reads every literal with
// its type's input function, and that of an array, a row or a range checks the domains inside. Such a domain may be
// anybody's.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/parsenodes.h"
#include "utils/rel.h"
}

namespace steward::whatif {

/// For a statement about to be analysed with a superuser's rights. Every type that `statement` names must be trusted,
/// and is replaced by its OID: what the name means later no longer matters. Raises where a literal has no type.
void RequireTrustedStatement(RawStmt* statement);

/// For expressions and predicate of CREATE INDEX on `relation`, about to be analysed as its owner. Literals without a
/// type are taken where nothing but columns and the server's own functions and operators can give them one.
void RequireTrustedIndex(IndexStmt* statement, Relation relation);

}  // namespace steward::whatif
