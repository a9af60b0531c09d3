// What a materialized view's content depends on, read from the catalog: relations, keys that tell when a definition has
// changed, and whether watching changes is enough to know that the view is out of date. Owns no state and takes no lock:
// everything comes from the caches of the catalog and scans of pg_inherits and pg_rewrite, as they are when called.
// C-shaped: results live in the caller's memory context.
#pragma once

#include "pg/postgres.hpp"

namespace steward::refresh {

/// How a view comes to depend on a relation. The values are what steward.matview_dependencies shows.
enum class Reach : char {
  kTable = 't',       // named by a query; plain or partitioned
  kDescendant = 'd',  // partition or inheriting table of one that is read
  kAncestor = 'a',    // what one that is read is a partition of or inherits from: a write may name it
  kView = 'v',        // plain view
  kMatview = 'm',     // materialized view: a parent
  kForeign = 'f',     // foreign table, partitions included
  kCatalog = 'c',     // system catalog, information_schema, TOAST table
  kOther = 'o',       // sequence
};

struct DependencyRelation {
  Oid relid;
  Oid relfilenode;  // 0: has no storage
  Reach reach;
  char relkind;
  const char* via;  // the view, function or table it was reached through; nullptr: named by the view's own query
};

/// A partitioned or inherited table that is read with its descendants.
struct LeafSet {
  Oid relid;
  int members;  // itself included
  uint64 hash;  // of their sorted OIDs
};

struct Dependencies {
  Oid relid;
  DependencyRelation* relations;  // each once, parents included, the view itself not
  int relation_count;
  Oid* parents;  // materialized views read directly or through plain views and functions, not through other parents
  int parent_count;
  LeafSet* leaf_sets;
  int leaf_set_count;
  /// Change with: the view's rule and those of the plain views it reads, functions and types that are not built in.
  uint64 definition_key;
  /// Changes with TRUNCATE and rewrites of what is read, parents left out.
  uint64 storage_key;
  /// Changes with ATTACH, DETACH and INHERIT.
  uint64 leaf_key;
  /// True: only a change to `relations` or to one of the keys can change the result, under the pinned settings (see
  /// pinned_settings.hpp). False: the result may change by itself, and `reason` says why; nullptr otherwise.
  bool by_changes;
  const char* reason;
};

/// Fills `out` for a materialized view. False when `view` is none (any more). Where its definition cannot be read the answer
/// is not by changes. Never raises but for cancels and lack of memory.
[[nodiscard]] bool ReadDependencies(Oid view, Dependencies* out);

}  // namespace steward::refresh
