// Our tables as SQL functions write them: with the rights of their owner, who is not the caller.
#pragma once

#include "pg/role.hpp"

namespace steward::refresh {

/// From here to CloseTables the tables can be written, and SPI is open. Raises where this database lacks them.
[[nodiscard]] pg::RoleSwitch OpenTables();
void CloseTables(const pg::RoleSwitch& before);

}  // namespace steward::refresh
