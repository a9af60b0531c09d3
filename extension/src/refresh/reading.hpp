// What is known of one view while its definition is being read: shared by the walk over trees, the judgement of functions
// and the expansion of partitions. C-shaped; everything is in the memory context that the reading began in.
#pragma once

#include "pg/postgres.hpp"
#include "refresh/dependencies.hpp"

extern "C" {
#include "access/htup.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "utils/hsearch.h"
}

namespace steward::refresh {

/// An entry of Reading.seen.
struct SeenRelation {
  Oid relid;  // the key
  bool inherit;
  bool is_partition;
  bool has_children;
  DependencyRelation facts;
};

struct Reading {
  Oid view;
  HTAB* seen;         // SeenRelation by OID
  List* relations;    // of SeenRelation*, in the order found
  List* functions;    // OIDs: not built in and read already
  List* types;        // OIDs judged already
  List* leaf_sets;    // of LeafSet*
  uint64 definition;  // hash so far
  uint64 leaves;
  const char* reason;  // why the result may change by itself: the first found
  const char* via;     // what is being read now; nullptr: the view's own query
  Oid rule_of;         // whose rule that is; InvalidOid: a function's body
};

/// Mixes `value` into `*hash`; the order counts.
void Mix(uint64* hash, uint64 value);
void MixText(uint64* hash, const char* text);
/// Mixes in which version of a catalog row this is.
void MixRow(uint64* hash, Oid id, HeapTuple tuple);

/// The result may change by itself. Only the first reason is kept.
void NoteReason(Reading* reading, const char* format, ...) pg_attribute_printf(2, 3);

/// Adds a relation; nullptr when it is gone. `*is_new` is false when it was there.
SeenRelation* NoteRelation(Reading* reading, Oid relid, Reach reach, bool* is_new);

/// schema.name, quoted.
char* QualifiedName(Oid schema, const char* name);
char* RelationName(Oid relid);

/// The query of a view, plain or materialized: from its rule, so that no lock is needed. nullptr: it has none. `*hash` takes
/// in the rule.
Query* ReadRule(Oid relid, uint64* hash);

}  // namespace steward::refresh
