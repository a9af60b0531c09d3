// Which watched objects have changed, and since when: what writing transactions tell the worker that keeps materialized
// views fresh. Owns the table and its protocol; who watches what is refresh's business, who writes is changes'.
//
// Why nothing is missed. Every change takes a number from one sequence, before its transaction commits and again after it is
// visible. A reader that takes ChangeSequence() before its snapshot and later finds no LastChange() above that number has
// seen everything: a transaction that the snapshot does not contain becomes visible after it, and its second number is
// higher. Lookups happen at publication, not when rows are written, so an object may be watched at any time before the
// snapshot. Nothing survives a restart: whoever keeps a number keeps BoardBootId() with it.
//
// Writers take no lock and never wait. A row is given up, never moved; a writer that still marks one that stands for
// another object by now makes that look changed.
#pragma once

#include "core/schedule.hpp"
#include "pg/postgres.hpp"

struct Latch;

namespace steward::store {

Size ChangeMarksSize();
void ChangeMarksAttach(void* base, bool init);

// ---- Writers ---------------------------------------------------------------------------------------------------------

/// Objects of the current database that a transaction has changed. With `everything` their number was too great to keep.
struct ChangedObjects {
  const Oid* oids;
  int count;
  bool everything;
};

/// What publication comes with: a change, one that takes effect when a prepared transaction is committed, or one that no hook
/// saw.
enum class ChangeKind { kNow, kPrepared, kFoundLater };

/// Marks the objects that are watched. Sends for a worker when they change for the first time since the last look.
void PublishChanges(const ChangedObjects& changed, ChangeKind kind);

/// A prepared transaction of this database has been committed: which objects it wrote is told by their marks.
void PublishPrepared();

// ---- The worker of the current database ---------------------------------------------------------------------------------

/// Watches an object, also one that is watched; one that is not counts as changed now. Where there can be prepared
/// transactions, one may have written it already.
/// False when the table is full: then nothing tells of this object's changes.
[[nodiscard]] bool Watch(Oid oid);

/// Watches nothing in this database.
void WatchNothing();

/// Of this database's objects watches only those in `oids`, ascending; what is not watched yet is left out.
void WatchOnly(const Oid* oids, int count);

/// The number of the last change anywhere. Take it before the snapshot that is to contain what it stands for.
[[nodiscard]] uint64 ChangeSequence();

/// The number of the object's last change, or of one of unknown objects in this database; UINT64_MAX: it is not watched.
[[nodiscard]] uint64 LastChange(Oid oid);

/// When the object changed last, by the server's clock; 0: not since it is watched.
[[nodiscard]] core::Micros LastChangeTime(Oid oid);

/// When the object changed first since the last call for it, by the server's clock; 0: it did not.
[[nodiscard]] core::Micros TakeFirstChange(Oid oid);
/// The same for changes of unknown objects.
[[nodiscard]] core::Micros TakeFirstUnknownChange();

/// Forgets that the object is in a prepared transaction, and marks it changed once more, when all that are left were
/// prepared after the mark: `oldest` is the time of the oldest, kNever: there is none.
void SettlePrepared(Oid oid, core::Micros oldest);

/// Since when a view lacks changes; 0: it lacks none.
struct ViewLacks {
  core::Micros direct;     // of what it reads itself
  core::Micros inherited;  // that its parents' rows have and its own have not
  core::Micros any;        // of any of its roots
};

/// Kept while the view is watched.
[[nodiscard]] ViewLacks GetViewLacks(Oid view);
void SetViewLacks(Oid view, const ViewLacks& lacks);

/// What is known of the stored rows of a view.
struct ViewRows {
  uint64 change;            // number of the REFRESH that is told of here; one with a higher number was not told of
  core::Micros not_before;  // its snapshot was taken then or later; kNever: the worker is told what the rows hold
  uint64 parents;           // number up to which the rows of its parents were seen as well; 0: not known
};

/// Kept while the view is watched.
[[nodiscard]] ViewRows GetViewRows(Oid view);
/// To be called where the REFRESH has committed, still holds its locks, and will publish no more changes.
void SetViewRows(Oid view, const ViewRows& rows);

/// Forgets the visits that changes have wanted so far, and lets those to come wake `latch`. Call before looking at the marks.
void ExpectChanges(Latch* latch);

/// Lets changes wake the launcher.
void ExpectNoLonger();

/// From now on a first change wants a visit `after` microseconds later; kNever: none.
void WakeAfter(core::Micros after);

/// So does a change of the object that came before WakeAfter and is not taken yet. Not for what nobody takes.
void WakeIfChanged(Oid oid);

/// When changes want a visit; kNever: they do not.
[[nodiscard]] core::Micros WantedVisit();

// ---- The launcher -------------------------------------------------------------------------------------------------------

/// Watches nothing in any database but these.
void WatchDatabases(const Oid* databases, int count);

/// Makes the visits due that changes want.
void HastenChangedDatabases();

// ---- Readers --------------------------------------------------------------------------------------------------------

/// A watched object of the current database; times are 0 where there is none.
struct WatchedObject {
  Oid oid;
  uint64 last;
  core::Micros first;
  core::Micros dirty_since;  // of a view, any change
  int64 boot;                // the server start in which numbers count
};

/// Calls `visit` for each, without a lock.
void VisitWatched(void (*visit)(const WatchedObject& object, void* argument), void* argument);

}  // namespace steward::store
