// What a session must be like for statements to be planned or run in it as other roles, and what its callers may ask.
#pragma once

#include "pg/postgres.hpp"

namespace steward::whatif {

/// Raises where the session has had temporary objects.
void RequireNoTemporaryObjects();

/// Raises unless the transaction is read-only: what a statement's functions may do besides is then up to the server.
void RequireReadOnlyTransaction();

/// Argument `number` as the number of drawings, 1 to kMaxDraws.
int DrawsArgument(FunctionCallInfo fcinfo, int number);

}  // namespace steward::whatif
