// The SQL functions of history: writing an interval by hand, and reading the histograms that entries hold.
#include "core/coarse_latency.hpp"
#include "history/tables.hpp"
#include "history/write.hpp"
#include "pg/extension_table.hpp"
#include "pg/postgres.hpp"
#include "pg/role.hpp"
#include "pg/spi.hpp"
#include "store/latency_array.hpp"
#include "store/shmem.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "tcop/utility.h"
#include "utils/array.h"
}

namespace steward::history {

namespace {

// Adds the histogram of an array argument to `counts`.
void AddLatency(ArrayType* array, uint64_t* counts) {
  if (ARR_NDIM(array) == 0) return;
  if (ARR_NDIM(array) > 1 || ARR_HASNULL(array) || ARR_ELEMTYPE(array) != INT4OID ||
      !core::AddPackedLatency(reinterpret_cast<const int32*>(ARR_DATA_PTR(array)), ARR_DIMS(array)[0], counts))
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the array is not a latency histogram"),
                    errhint("Histograms are in the column latency of steward.statement_history.")));
}

}  // namespace

}  // namespace steward::history

using namespace steward;           // NOLINT: SQL entry points only below
using namespace steward::history;  // NOLINT

STEWARD_FUNCTION(steward_write_history) {
  store::RequireReady();
  PreventCommandIfReadOnly("steward.write_history()");
  const Oid owner = TablesOwner();
  pg::RequireTables(owner);
  const pg::RoleSwitch before = pg::BecomeRole(owner);
  // Our own bookkeeping is not part of the workload.
  pg::SetForRole("pg_steward.track", "none");
  pg::SpiOpen();
  TrimHistory();
  const Written written = WriteInterval();
  pg::SpiClose();
  pg::EndRole(before);
  if (written.began) PG_RETURN_NULL();
  PG_RETURN_INT32(written.entries);
}

STEWARD_FUNCTION(steward_latency_quantile) {
  uint64_t counts[core::kCoarseBuckets] = {};
  AddLatency(PG_GETARG_ARRAYTYPE_P(0), counts);
  const double quantile = PG_GETARG_FLOAT8(1);
  if (!(quantile >= 0 && quantile <= 1))
    ereport(ERROR,
            (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("quantile %g is not between 0 and 1", quantile)));
  if (core::PackedLength(counts) == 0) PG_RETURN_NULL();
  PG_RETURN_FLOAT8(core::CoarseQuantile(counts, quantile) / 1e6);
}

STEWARD_FUNCTION(steward_latency_difference) {
  uint64_t later[core::kCoarseBuckets] = {};
  uint64_t earlier[core::kCoarseBuckets] = {};
  AddLatency(PG_GETARG_ARRAYTYPE_P(0), later);
  AddLatency(PG_GETARG_ARRAYTYPE_P(1), earlier);
  for (int i = 0; i < core::kCoarseBuckets; i++) later[i] -= Min(later[i], earlier[i]);
  return store::LatencyArray(later);
}

STEWARD_FUNCTION(steward_latency_sum_step) {
  MemoryContext context;
  if (!AggCheckCallContext(fcinfo, &context))
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("must be called as part of an aggregate"),
                    errhint("Use steward.latency_sum.")));
  auto* counts = PG_ARGISNULL(0) ? nullptr : reinterpret_cast<uint64_t*>(PG_GETARG_POINTER(0));
  if (PG_ARGISNULL(1)) {
    if (counts == nullptr) PG_RETURN_NULL();
    PG_RETURN_POINTER(counts);
  }
  if (counts == nullptr)
    counts = static_cast<uint64_t*>(MemoryContextAllocZero(context, sizeof(uint64_t) * core::kCoarseBuckets));
  AddLatency(PG_GETARG_ARRAYTYPE_P(1), counts);
  PG_RETURN_POINTER(counts);
}

STEWARD_FUNCTION(steward_latency_sum_end) {
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  return store::LatencyArray(reinterpret_cast<const uint64_t*>(PG_GETARG_POINTER(0)));
}
