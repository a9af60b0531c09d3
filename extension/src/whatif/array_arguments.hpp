// SQL arrays as plain C arrays. Owns the checks that they are one-dimensional and, where it means nothing, hold no
// NULL.
#pragma once

#include "pg/postgres.hpp"

namespace steward::whatif {

/// Raises when argument `number` (from 0) is NULL.
void RequireArgument(FunctionCallInfo fcinfo, int number);

/// Argument `number` (from 0) as an array of its element type, palloc'ed; `count` gets its length. A NULL array or
/// element is an error.
const Oid* OidArgument(FunctionCallInfo fcinfo, int number, int* count);
const int32* Int32Argument(FunctionCallInfo fcinfo, int number, int* count);
const int64* Int64Argument(FunctionCallInfo fcinfo, int number, int* count);
const char* const* TextArgument(FunctionCallInfo fcinfo, int number, int* count);

/// The same, with `absent` where an element is NULL.
const int64* Int64OrNullArgument(FunctionCallInfo fcinfo, int number, int64 absent, int* count);
const int32* Int32OrNullArgument(FunctionCallInfo fcinfo, int number, int32 absent, int* count);

}  // namespace steward::whatif
