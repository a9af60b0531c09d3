// Whether a parsed statement asks for anything that its user has no right to, as the executor would find out.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/parsenodes.h"
}

namespace steward::pg {

/// True when the current user has the rights that `query`, as parse analysis left it, needs on its relations, those of
/// subqueries included. Views count as themselves. Only the server's own rules count: no hook of another module is called.
[[nodiscard]] bool MayExecute(Query* query);

}  // namespace steward::pg
