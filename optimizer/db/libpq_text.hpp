// What libpq hands out as pointers, copied into values of our own.
#pragma once

#include <libpq-fe.h>

#include <string>

#include "db/result.hpp"

namespace steward::db {

/// libpq's message without the line break at its end; empty for none.
std::string Trimmed(const char* message);

/// A field of an error (PG_DIAG_...), its beginning where it is longer than anybody reads; empty where it is not set.
std::string ErrorField(const PGresult* result, int code);

/// One row of an answer, and all of them.
Result::Values CopyRow(const PGresult* result, int row);
Result CopyRows(const PGresult* result);

}  // namespace steward::db
