// Whose a table of the extension is in the current database.
#pragma once

#include "pg/postgres.hpp"

namespace steward::pg {

/// The owner of table steward.`name`; InvalidOid where this database does not have the extension with that table. A table
/// that somebody planted under the name does not count. Needs a transaction, and keeps the extension from being dropped
/// until its end: DROP EXTENSION locks the extension first and then its tables, in an order that could deadlock with ours.
[[nodiscard]] Oid ExtensionTableOwner(const char* name);

/// Raises 55000 where `owner` is InvalidOid: there are no tables of this version.
void RequireTables(Oid owner);

}  // namespace steward::pg
