// What libpq hands out as pointers, copied into values of our own.
#pragma once

#include <libpq-fe.h>

#include <string>

#include "db/result.hpp"

namespace steward::db {

/// libpq's message without the line break at its end; empty for none.
std::string Trimmed(const char* message);

/// A field of an error (PG_DIAG_...); empty where it is not set.
std::string ErrorField(const PGresult* result, int code);

/// All rows of an answer.
Result CopyRows(const PGresult* result);

}  // namespace steward::db
