// Turning stored bytes into text of the current database, whatever encoding they were captured in. Owns conversion that
// cannot fail; what may be shown to whom is the caller's business.
#pragma once

#include "pg/postgres.hpp"

namespace steward::pg {

/// A text datum of the `length` bytes in `encoding`. A byte that is invalid there, or has no equivalent in this database's
/// encoding, becomes \xNN. Never raises but for lack of memory.
[[nodiscard]] Datum TextInDatabaseEncoding(const char* data, int length, int encoding);

/// The same for JSON: the escape is written so that the result is JSON as well.
[[nodiscard]] Datum JsonInDatabaseEncoding(const char* data, int length, int encoding);

}  // namespace steward::pg
