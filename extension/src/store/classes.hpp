// Transactions by class (database, session user, application_name): a small slot of its own for each client backend, written
// with plain stores, and the table that the slots are merged into. Owns the slots' protocol and the table's place; what is
// counted and which class has a row is core's business.
//
// A slot has a few entries, each with the cumulative counters of one class, and a last one for "other". Each counter is a
// word that only its backend writes. The drainer remembers, under store::Lock(), what it has seen of each entry and merges
// differences, so that a transaction seen half is completed the next time. An entry that was seen in full may be given to
// another class: its tenancy is odd meanwhile, and the counters begin at zero.
#pragma once

#include "core/transaction_classes.hpp"
#include "pg/postgres.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace steward::store {

struct ClassEntry {
  uint32 tenancy;
  core::ClassKey key;  // of "other": zeroes
  core::ClassCounters counters;
};

/// The entry of the class that this backend's transactions have, for the hot path; null while it has to be looked up.
extern STEWARD_LOCAL ClassEntry* class_entry;

/// Looks up the entry that counts for the class, in this database, and sets class_entry. With more classes than entries since
/// the last drain the backend drains its own slot if the lock is free; if it is not, this is the entry of "other", and
/// class_entry stays null. Null when this process has no slot. No allocation, no waiting.
[[nodiscard]] ClassEntry* FindClass(Oid session_userid, const char* application_name);

/// For the owner to call now and then: follows resets.
void TendClass(ClassEntry* entry);

/// Merges every slot. Takes store::Lock() exclusively, slot by slot. Call store::RequireReady() first.
void DrainClasses();

/// Forgets every class. Call with store::Lock() held exclusively.
void ResetClasses();

/// The table itself, with all slots merged: for a caller that is alone with the shared memory.
[[nodiscard]] core::ClassTable* Classes();

/// The table as it was last drained. For a caller that holds store::Lock() exclusively.
[[nodiscard]] core::ClassTable* ClassesAsDrained();

/// Counts a connection that was refused because there are too many. No lock: the process has no place among the server's, and is
/// about to end.
void CountRefusedConnection();

struct RefusedConnections {
  uint64 count;      // since the last full reset
  TimestampTz last;  // 0: none
};
[[nodiscard]] RefusedConnections Refused();
/// For saving, in a process that is alone: what was saved comes back.
void RestoreRefused(const RefusedConnections& refused);

/// A copy of the table, palloc'ed. Takes the lock.
[[nodiscard]] core::ClassTable* CopyClasses();

Size ClassRegionSize();
void ClassAttach(void* base, bool init);

}  // namespace steward::store
