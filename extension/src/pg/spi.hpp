// SQL from C-shaped code: parameters, execution and reading of single values, through SPI. Owns the result-code checks;
// transactions, roles and settings are the caller's.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "datatype/timestamp.h"
#include "executor/spi.h"
}

namespace steward::pg {

/// Parameters $1.. of one statement. Plain data, so that an error may jump over it.
struct SpiArgs {
  static constexpr int kMax = 32;
  int count = 0;
  Oid types[kMax];
  Datum values[kMax];
  char nulls[kMax];

  void Add(Oid type, Datum value);
  void AddNull(Oid type);
  void AddOid(Oid value);
  void AddInt64(int64 value);
  void AddInt32(int32 value);
  void AddFloat8(double value);
  void AddBool(bool value);
  void AddTime(TimestampTz value);
  /// NULL when `value` is nullptr. The text is copied into the current memory context.
  void AddText(const char* value);
};

/// SPI_connect and SPI_finish that raise instead of returning codes.
void SpiOpen();
void SpiClose();

/// Runs one statement and returns the number of rows it processed. Raises on any failure.
uint64 SpiRun(const char* sql, const SpiArgs& args);
uint64 SpiRun(const char* sql);

/// The same, reading with this snapshot and what the transaction itself has written since.
uint64 SpiRunWith(Snapshot snapshot, const char* sql);

/// The same for a statement that is run more than once: parsed for parameters of `args`' types, until SpiClose.
[[nodiscard]] SPIPlanPtr SpiPrepare(const char* sql, const SpiArgs& args);
uint64 SpiRun(SPIPlanPtr plan, const SpiArgs& args);

/// A column (from 1) of a row of the last result. The pointer, if it is one, is valid until SpiClose or the next
/// SpiRun.
Datum SpiValue(uint64 row, int column, bool* is_null);
/// The same for a text-like value, as a string; nullptr when NULL.
char* SpiString(uint64 row, int column);

}  // namespace steward::pg
