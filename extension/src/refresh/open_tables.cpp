// See open_tables.hpp.
#include "refresh/open_tables.hpp"

#include "pg/postgres.hpp"
#include "pg/spi.hpp"
#include "refresh/view_table.hpp"

namespace steward::refresh {

pg::RoleSwitch OpenTables() {
  const Oid owner = TablesOwner();
  if (!OidIsValid(owner))
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("the tables of pg_steward are not those of this version"),
                    errhint("Run: ALTER EXTENSION pg_steward UPDATE;")));
  const pg::RoleSwitch before = pg::BecomeRole(owner);
  pg::SpiOpen();
  return before;
}

void CloseTables(const pg::RoleSwitch& before) {
  pg::SpiClose();
  pg::EndRole(before);
}

}  // namespace steward::refresh
