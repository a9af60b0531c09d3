// Whether a materialized view can be refreshed concurrently, and if not, the unique index that would allow it, as far as
// its query proves that there can be no duplicates. Reads the catalog only; takes no lock on the view.
#pragma once

#include "pg/postgres.hpp"

namespace steward::refresh {

struct UniqueKey {
  bool usable;      // there is an index that CONCURRENTLY accepts
  const char* ddl;  // CREATE UNIQUE INDEX CONCURRENTLY ...; nullptr: not needed, or nothing can be proven
};

/// False when `view` is no materialized view. The text is in the caller's memory context. Never raises but for cancels and
/// lack of memory.
[[nodiscard]] bool ReadUniqueKey(Oid view, UniqueKey* out);

}  // namespace steward::refresh
