// See latency_array.hpp.
#include "store/latency_array.hpp"

#include "core/coarse_latency.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
}

namespace steward::store {

Datum LatencyArray(const uint64* counts) {
  const int64 length = core::PackedLength(counts);
  if (length > static_cast<int64>(MaxArraySize))
    ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("the latency histogram has too many calls")));
  if (length == 0) return PointerGetDatum(construct_empty_array(INT4OID));
  const Size bytes = ARR_OVERHEAD_NONULLS(1) + static_cast<Size>(length) * sizeof(int32);
  auto* array = static_cast<ArrayType*>(palloc0(bytes));
  SET_VARSIZE(array, bytes);
  array->ndim = 1;
  array->elemtype = INT4OID;
  ARR_DIMS(array)[0] = static_cast<int>(length);
  ARR_LBOUND(array)[0] = 1;
  core::PackLatency(counts, reinterpret_cast<int32*>(ARR_DATA_PTR(array)));
  return PointerGetDatum(array);
}

}  // namespace steward::store
