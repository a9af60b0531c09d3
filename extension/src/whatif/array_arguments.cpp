// See array_arguments.hpp.
#include "whatif/array_arguments.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
}

namespace steward::whatif {

namespace {

// With `nulls`, which elements are NULL; without, none may be.
Datum* Elements(FunctionCallInfo fcinfo, int number, Oid type, int16 length, int* count, bool** nulls = nullptr) {
  RequireArgument(fcinfo, number);
  ArrayType* array = PG_GETARG_ARRAYTYPE_P(number);
  if (ARR_NDIM(array) > 1 || (nulls == nullptr && array_contains_nulls(array)))
    ereport(ERROR,
            (errcode(ERRCODE_ARRAY_ELEMENT_ERROR), errmsg("argument %d must be a one-dimensional array%s", number + 1,
                                                          nulls == nullptr ? " without nulls" : "")));
  Datum* elements = nullptr;
  deconstruct_array(array, type, length, length > 0, length == 8 ? TYPALIGN_DOUBLE : TYPALIGN_INT, &elements, nulls,
                    count);
  return elements;
}

// `absent` stands for elements that are NULL, where there may be any.
template <typename T, typename Convert>
const T* Converted(const Datum* elements, int count, Convert convert, const bool* nulls = nullptr, T absent = T{}) {
  auto* result = static_cast<T*>(palloc(static_cast<Size>(Max(count, 1)) * sizeof(T)));
  for (int i = 0; i < count; ++i) result[i] = nulls != nullptr && nulls[i] ? absent : convert(elements[i]);
  return result;
}

}  // namespace

void RequireArgument(FunctionCallInfo fcinfo, int number) {
  if (PG_ARGISNULL(number))
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("argument %d must not be null", number + 1)));
}

const Oid* OidArgument(FunctionCallInfo fcinfo, int number, int* count) {
  const Datum* elements = Elements(fcinfo, number, OIDOID, sizeof(Oid), count);
  return Converted<Oid>(elements, *count, [](Datum d) { return DatumGetObjectId(d); });
}

const int32* Int32Argument(FunctionCallInfo fcinfo, int number, int* count) {
  const Datum* elements = Elements(fcinfo, number, INT4OID, sizeof(int32), count);
  return Converted<int32>(elements, *count, [](Datum d) { return DatumGetInt32(d); });
}

const int64* Int64Argument(FunctionCallInfo fcinfo, int number, int* count) {
  const Datum* elements = Elements(fcinfo, number, INT8OID, sizeof(int64), count);
  return Converted<int64>(elements, *count, [](Datum d) { return DatumGetInt64(d); });
}

const int64* Int64OrNullArgument(FunctionCallInfo fcinfo, int number, int64 absent, int* count) {
  bool* nulls = nullptr;
  const Datum* elements = Elements(fcinfo, number, INT8OID, sizeof(int64), count, &nulls);
  return Converted<int64>(elements, *count, [](Datum d) { return DatumGetInt64(d); }, nulls, absent);
}

const int32* Int32OrNullArgument(FunctionCallInfo fcinfo, int number, int32 absent, int* count) {
  bool* nulls = nullptr;
  const Datum* elements = Elements(fcinfo, number, INT4OID, sizeof(int32), count, &nulls);
  return Converted<int32>(elements, *count, [](Datum d) { return DatumGetInt32(d); }, nulls, absent);
}

const char* const* TextArgument(FunctionCallInfo fcinfo, int number, int* count) {
  const Datum* elements = Elements(fcinfo, number, TEXTOID, -1, count);
  return Converted<const char*>(elements, *count, [](Datum d) -> const char* { return TextDatumGetCString(d); });
}

}  // namespace steward::whatif
