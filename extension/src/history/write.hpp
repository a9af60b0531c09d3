// Writing and trimming history within a transaction. Owns what happens to an interval whose transaction is rolled back.
#pragma once

#include "pg/postgres.hpp"

namespace steward::history {

struct Written {
  bool began;   // the database had no interval yet: its first one begins, nothing was written
  int entries;  // rows
};

/// Writes what happened in this database since its last interval. If the (sub)transaction is rolled back, the next
/// interval has it. SPI is open and the caller may write the tables. A transaction that did this cannot be prepared.
/// Raises when deleted rows that wait for VACUUM make history twice as large as pg_steward.history_max_size.
[[nodiscard]] Written WriteInterval();

/// Deletes intervals beyond pg_steward.history_retention or, when history takes more than pg_steward.history_max_size,
/// the oldest ones: one batch. True when there may be more.
bool TrimHistory();

}  // namespace steward::history
