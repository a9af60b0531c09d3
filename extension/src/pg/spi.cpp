// See spi.hpp.
#include "pg/spi.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/timestamp.h"
}

namespace steward::pg {

void SpiArgs::Add(Oid type, Datum value) {
  if (count == kMax) elog(ERROR, "too many parameters");
  types[count] = type;
  values[count] = value;
  nulls[count] = ' ';
  count++;
}

void SpiArgs::AddNull(Oid type) {
  Add(type, 0);
  nulls[count - 1] = 'n';
}

void SpiArgs::AddOid(Oid value) {
  Add(OIDOID, ObjectIdGetDatum(value));
}
void SpiArgs::AddInt64(int64 value) {
  Add(INT8OID, Int64GetDatum(value));
}
void SpiArgs::AddInt32(int32 value) {
  Add(INT4OID, Int32GetDatum(value));
}
void SpiArgs::AddFloat8(double value) {
  Add(FLOAT8OID, Float8GetDatum(value));
}
void SpiArgs::AddBool(bool value) {
  Add(BOOLOID, BoolGetDatum(value));
}
void SpiArgs::AddTime(TimestampTz value) {
  Add(TIMESTAMPTZOID, TimestampTzGetDatum(value));
}

void SpiArgs::AddText(const char* value) {
  if (value == nullptr)
    AddNull(TEXTOID);
  else
    Add(TEXTOID, CStringGetTextDatum(value));
}

void SpiOpen() {
  const int code = SPI_connect();
  if (code != SPI_OK_CONNECT) elog(ERROR, "SPI_connect failed: %s", SPI_result_code_string(code));
}

void SpiClose() {
  const int code = SPI_finish();
  if (code != SPI_OK_FINISH) elog(ERROR, "SPI_finish failed: %s", SPI_result_code_string(code));
}

uint64 SpiRun(const char* sql, const SpiArgs& args) {
  const int code = SPI_execute_with_args(sql, args.count, const_cast<Oid*>(args.types), const_cast<Datum*>(args.values),
                                         args.nulls, false, 0);
  if (code < 0) elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(code));
  return SPI_processed;
}

uint64 SpiRun(const char* sql) {
  const int code = SPI_execute(sql, false, 0);
  if (code < 0) elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(code));
  return SPI_processed;
}

uint64 SpiRunWith(Snapshot snapshot, const char* sql) {
  SPIPlanPtr plan = SpiPrepare(sql, SpiArgs());
  const int code = SPI_execute_snapshot(plan, nullptr, nullptr, snapshot, InvalidSnapshot, false, true, 0);
  if (code < 0) elog(ERROR, "SPI_execute_snapshot failed: %s", SPI_result_code_string(code));
  return SPI_processed;
}

SPIPlanPtr SpiPrepare(const char* sql, const SpiArgs& args) {
  SPIPlanPtr plan = SPI_prepare(sql, args.count, const_cast<Oid*>(args.types));
  if (plan == nullptr) elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
  return plan;
}

uint64 SpiRun(SPIPlanPtr plan, const SpiArgs& args) {
  const int code = SPI_execute_plan(plan, const_cast<Datum*>(args.values), args.nulls, false, 0);
  if (code < 0) elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(code));
  return SPI_processed;
}

Datum SpiValue(uint64 row, int column, bool* is_null) {
  if (row >= SPI_processed || SPI_tuptable == nullptr) elog(ERROR, "no such result row");
  return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, is_null);
}

char* SpiString(uint64 row, int column) {
  if (row >= SPI_processed || SPI_tuptable == nullptr) elog(ERROR, "no such result row");
  return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}

}  // namespace steward::pg
