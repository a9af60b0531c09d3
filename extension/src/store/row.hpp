// One row of a set-returning function while it is made. Shared by the functions that show what is stored.
#pragma once

#include "pg/postgres.hpp"

namespace steward::store {

/// Filled from left to right; starts as Row{}.
struct Row {
  static constexpr int kMaxColumns = 80;
  Datum values[kMaxColumns];
  bool nulls[kMaxColumns];
  int count;

  void Add(Datum value) { AddIf(true, value); }
  void AddNull() { AddIf(false, Datum{0}); }
  void AddIf(bool present, Datum value) {
    nulls[count] = !present;
    values[count++] = value;
  }
  void AddCount(uint64 value) { Add(Int64GetDatum(static_cast<int64>(value))); }
  /// NULL for InvalidOid.
  void AddOid(Oid oid) { AddIf(OidIsValid(oid), ObjectIdGetDatum(oid)); }
  /// NULL for nullptr.
  void AddText(const char* text) { text != nullptr ? Add(CStringGetTextDatum(text)) : AddNull(); }
};

}  // namespace steward::store
