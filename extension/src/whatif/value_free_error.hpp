// Errors that callers may see: what functions raise while they are planned or sampled may quote values of tables that
// the caller has no right to read.
#pragma once

#include "pg/postgres.hpp"

namespace steward::whatif {

/// `error` (null: none) with a message that quotes no value: outside of the classes that speak of names (unknown
/// objects, syntax, unsupported features), and of all that functions raise, the message's format stands for it, with no
/// hint. For errors of pg::RunInSubtransaction.
ErrorData* WithoutValues(ErrorData* error);

}  // namespace steward::whatif
