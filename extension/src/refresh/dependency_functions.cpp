// The SQL functions over dependencies.hpp and unique_key.hpp. They read the catalog and need neither shared memory nor rights
// on the views.
#include "pg/postgres.hpp"
#include "refresh/dependencies.hpp"
#include "refresh/unique_key.hpp"

extern "C" {
#include "access/htup_details.h"
}

namespace steward::refresh {

namespace {

constexpr int kTrackingColumns = 6;

Datum TextOrNull(const char* text, bool* is_null) {
  *is_null = text == nullptr;
  return *is_null ? 0 : CStringGetTextDatum(text);
}

}  // namespace

}  // namespace steward::refresh

using namespace steward;           // NOLINT: SQL entry points only below
using namespace steward::refresh;  // NOLINT

STEWARD_FUNCTION(steward_matview_dependencies) {
  InitMaterializedSRF(fcinfo, 0);
  const auto* result = reinterpret_cast<const ReturnSetInfo*>(fcinfo->resultinfo);
  Dependencies found;
  if (!ReadDependencies(PG_GETARG_OID(0), &found)) return 0;
  for (int i = 0; i < found.relation_count; i++) {
    const DependencyRelation& relation = found.relations[i];
    bool nulls[3] = {};
    const Datum values[3] = {ObjectIdGetDatum(relation.relid), CharGetDatum(static_cast<char>(relation.reach)),
                             TextOrNull(relation.via, &nulls[2])};
    tuplestore_putvalues(result->setResult, result->setDesc, const_cast<Datum*>(values), nulls);
  }
  return 0;
}

STEWARD_FUNCTION(steward_matview_tracking) {
  TupleDesc descriptor = nullptr;
  if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE) elog(ERROR, "return type must be a row type");
  const Oid view = PG_GETARG_OID(0);
  Dependencies found;
  UniqueKey key;
  const bool exists = ReadDependencies(view, &found) && ReadUniqueKey(view, &key);
  bool nulls[kTrackingColumns] = {};
  Datum values[kTrackingColumns] = {TextOrNull(!exists ? nullptr : found.by_changes ? "changes" : "time", &nulls[0]),
                     TextOrNull(exists ? found.reason : nullptr, &nulls[1]),
                     TextOrNull(exists ? key.ddl : nullptr, &nulls[2]),
                     UInt64GetDatum(found.definition_key), UInt64GetDatum(found.storage_key),
                     UInt64GetDatum(found.leaf_key)};
  for (int i = 3; i < kTrackingColumns; i++) nulls[i] = !exists;
  return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}
