// Answers as SQL values, in the form that all functions of what-if share.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/pg_list.h"
}

namespace steward::whatif {

/// Fills the columns sqlstate (number `sqlstate_column`) and error (the next) of a row; NULL for no error.
void SetError(const ErrorData* error, Datum* values, bool* nulls, int sqlstate_column);

/// integer[] of an integer list.
Datum IntegerArray(const List* list);

/// oid[] of a list of OIDs.
Datum OidArray(const List* list);

}  // namespace steward::whatif
