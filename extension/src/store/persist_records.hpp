// What persist writes of each table, record by record: logical content without places in shared memory, so that a table that
// has another size by now takes what fits. Owns the content of the records; the file around them is persist's business.
// For the postmaster while nobody else is there: takes no lock and never raises.
#pragma once

#include "core/record_bytes.hpp"
#include "pg/postgres.hpp"

namespace steward::store {

/// Grows when a record's meaning changes while its size does not.
inline constexpr uint32 kRecordFormat = 2;

/// No record is longer; a text or plan that is, is not saved.
inline constexpr uint32 kMaxRecordBytes = 4 * 1024 * 1024;

/// One kind of record. They lie in the file in this order.
struct RecordKind {
  /// Makes ready for saving; returns how many records there may be.
  uint32 (*begin)();
  /// Writes record `index`, 0 .. begin() - 1. False when there is none.
  bool (*save)(uint32 index, core::RecordWriter* out);
  /// Takes one record over, or leaves it out for lack of room. False when it cannot have been written by `save`; then what
  /// was taken over before is not to be trusted either.
  bool (*restore)(core::RecordReader* in);
};

[[nodiscard]] const RecordKind* RecordKinds(uint32* count);

/// The sizes of what the records are made of: a library that has others cannot read them.
inline constexpr int kLayoutSizes = 19;
struct RecordLayout {
  uint32 size[kLayoutSizes];
};
[[nodiscard]] RecordLayout CurrentRecordLayout();

}  // namespace steward::store
