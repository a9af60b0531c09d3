// Counters survive a clean restart: at the end of a clean shutdown the tables are written to one file, at the next start
// they are read back and the file is removed, so that a crash never brings back old data and a base backup does not carry
// any. Owns the file: its framing, its checks, when it is written. What a record holds is persist_records' business. Slots
// (empty after a drain), the visit board and what is running are not saved.
#pragma once

#include "pg/postgres.hpp"

namespace steward::store {

/// Reads the file that the last clean shutdown left, if there is one and pg_steward.save is on, into tables that are fresh,
/// and removes it in any case. False when it turned out to be rubbish after something of it was taken over: the tables must
/// be made anew. A file that cannot be used is told in one LOG line; nothing here raises. In the postmaster, before anybody
/// else is there.
[[nodiscard]] bool RestoreTables();

/// An on_shmem_exit callback for the postmaster: writes the file when the server ended cleanly and pg_steward.save is on.
/// Never raises; whatever goes wrong is told in one LOG line and leaves no file.
void SaveTables(int code, Datum);

}  // namespace steward::store
