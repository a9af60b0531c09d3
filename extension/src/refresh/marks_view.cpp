// steward.change_marks(): what is watched in this database.
#include "pg/postgres.hpp"
#include "store/change_marks.hpp"
#include "store/shmem.hpp"

extern "C" {
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

constexpr int kColumns = 5;

void PutTime(core::Micros time, Datum* value, bool* null) {
  *null = time == 0;
  *value = TimestampTzGetDatum(time);
}

void Put(const store::WatchedObject& object, void* argument) {
  auto* result = static_cast<ReturnSetInfo*>(argument);
  Datum values[kColumns] = {ObjectIdGetDatum(object.oid), Int64GetDatum(static_cast<int64>(object.last))};
  bool nulls[kColumns] = {};
  PutTime(object.first, &values[2], &nulls[2]);
  PutTime(object.dirty_since, &values[3], &nulls[3]);
  values[4] = Int64GetDatum(object.boot);
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

}  // namespace

}  // namespace steward::refresh

STEWARD_FUNCTION(steward_change_marks) {
  using namespace steward;
  InitMaterializedSRF(fcinfo, 0);
  if (store::Ready()) store::VisitWatched(refresh::Put, fcinfo->resultinfo);
  return Datum{0};
}
