// See session_check.hpp.
#include "whatif/session_check.hpp"

#include "whatif/array_arguments.hpp"
#include "whatif/enter_statement.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/namespace.h"
}

namespace steward::whatif {

// Temporary objects are found before others, or after them, and cannot be hidden: names that a function leaves
// unqualified would mean the caller's while the function is planned as somebody else.
void RequireNoTemporaryObjects() {
  if (!OidIsValid(LookupExplicitNamespace("pg_temp", true))) return;
  ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                  errmsg("what-if cannot be asked in a session that has had temporary objects"),
                  errhint("Ask in a new session.")));
}

void RequireReadOnlyTransaction() {
  if (!XactReadOnly)
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("statements are only measured in a read-only transaction"),
                    errhint("Start with BEGIN READ ONLY.")));
}

int DrawsArgument(FunctionCallInfo fcinfo, int number) {
  RequireArgument(fcinfo, number);
  const int draws = PG_GETARG_INT32(number);
  if (draws < 1 || draws > kMaxDraws)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("draws must be between 1 and %d, not %d", kMaxDraws, draws)));
  return draws;
}

}  // namespace steward::whatif
