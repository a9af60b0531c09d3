// The unique indexes of a relation that hold for every row, read from pg_index without a lock.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "nodes/pg_list.h"
}

namespace steward::refresh {

struct UniqueIndex {
  bool primary;
  int columns;  // of the key
  AttrNumber column[INDEX_MAX_KEYS];
  Oid family[INDEX_MAX_KEYS];
  Oid collation[INDEX_MAX_KEYS];
};

/// Valid, immediate and total unique indexes on plain columns: a list of UniqueIndex*. These are what REFRESH MATERIALIZED VIEW
/// CONCURRENTLY accepts.
[[nodiscard]] List* UniqueIndexesOf(Oid relid);

}  // namespace steward::refresh
