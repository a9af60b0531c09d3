// See extension_table.hpp.
#include "pg/extension_table.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace steward::pg {

namespace {

// InvalidOid also when it was dropped while its lock was waited for.
Oid LockedExtension() {
  const Oid extension = get_extension_oid("pg_steward", true);
  if (!OidIsValid(extension)) return InvalidOid;
  LockDatabaseObject(ExtensionRelationId, extension, 0, AccessShareLock);
  return get_extension_oid("pg_steward", true) == extension ? extension : InvalidOid;
}

}  // namespace

Oid ExtensionTableOwner(const char* name) {
  const Oid extension = LockedExtension();
  const Oid schema = get_namespace_oid("steward", true);
  if (!OidIsValid(extension) || !OidIsValid(schema)) return InvalidOid;
  const Oid table = get_relname_relid(name, schema);
  if (!OidIsValid(table) || getExtensionOfObject(RelationRelationId, table) != extension) return InvalidOid;
  HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
  if (!HeapTupleIsValid(tuple)) return InvalidOid;
  const Oid owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relowner;
  ReleaseSysCache(tuple);
  return owner;
}

void RequireTables(Oid owner) {
  if (!OidIsValid(owner))
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("the tables of pg_steward are not those of this version"),
                    errhint("Run: ALTER EXTENSION pg_steward UPDATE;")));
}

}  // namespace steward::pg
