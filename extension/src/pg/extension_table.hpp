// Whose a table of the extension is in the current database.
#pragma once

#include "pg/postgres.hpp"

namespace steward::pg {

/// The owner of table steward.`name`; InvalidOid where this database does not have the extension with that table. A
/// table that somebody planted under the name does not count. Needs a transaction.
[[nodiscard]] Oid ExtensionTableOwner(const char* name);

}  // namespace steward::pg
