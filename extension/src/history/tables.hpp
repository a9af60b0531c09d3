// The SQL over steward.history_interval, history_entry and history_text: every statement that writing and trimming
// history runs on them. Owns no transactions and no roles: SPI is open and the caller may write the tables.
#pragma once

#include "pg/postgres.hpp"
#include "store/history_base.hpp"

namespace steward::history {

/// The tables' owner, InvalidOid where this database does not have the extension with these tables. Needs a
/// transaction, not SPI.
Oid TablesOwner();

/// Adds one interval with an entry for each item and, if there is anything, one for the rest. Returns the number of
/// entries.
int AddInterval(const store::HistoryBatch& batch);

/// Adds the texts of the batch's statements that are known and not there yet. Returns the bytes that they take, about.
int64 AddTexts(const store::HistoryBatch& batch);

/// The bytes that intervals with their entries take, about; what was deleted does not count.
int64 EntryBytes();

/// The bytes that deleted entries take which VACUUM has not removed yet, about.
int64 DeadBytes();

/// Deletes the oldest intervals: those that ended before `horizon`, and as many as it takes to free `excess` bytes; at
/// most `most` of them. Returns how many.
uint64 DeleteIntervals(TimestampTz horizon, int64 excess, int most);

/// Deletes the texts that no entry refers to any more. Returns the bytes that those left take, about.
int64 TidyTexts();

}  // namespace steward::history
