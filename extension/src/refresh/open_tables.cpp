// See open_tables.hpp.
#include "refresh/open_tables.hpp"

#include "pg/extension_table.hpp"
#include "pg/spi.hpp"
#include "refresh/view_table.hpp"

namespace steward::refresh {

pg::RoleSwitch OpenTables() {
  const Oid owner = TablesOwner();
  pg::RequireTables(owner);
  const pg::RoleSwitch before = pg::BecomeRole(owner);
  pg::SpiOpen();
  return before;
}

void CloseTables(const pg::RoleSwitch& before) {
  pg::SpiClose();
  pg::EndRole(before);
}

}  // namespace steward::refresh
