// See role_settings.hpp.
#include "whatif/role_settings.hpp"

#include "pg/role.hpp"

extern "C" {
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_db_role_setting.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
}

namespace steward::whatif {

namespace {

// One "name=value" of a setconfig array. What EXPLAIN (SETTINGS) would show is what shapes a plan; nothing else is
// taken.
void ApplySetting(char* assignment) {
  char* equals = strchr(assignment, '=');
  if (equals == nullptr) return;
  *equals = '\0';
  if ((GetConfigOptionFlags(assignment, true) & GUC_EXPLAIN) == 0) return;
  pg::SetForRole(assignment, equals + 1);
}

void ApplyArray(HeapTuple tuple, TupleDesc descriptor) {
  bool is_null = false;
  const Datum array = heap_getattr(tuple, Anum_pg_db_role_setting_setconfig, descriptor, &is_null);
  if (is_null) return;
  Datum* elements = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
  for (int i = 0; i < count; ++i)
    if (!nulls[i]) ApplySetting(TextDatumGetCString(elements[i]));
}

void ApplyStored(Relation catalog, Oid database, Oid role) {
  ScanKeyData keys[2];
  ScanKeyInit(&keys[0], Anum_pg_db_role_setting_setdatabase, BTEqualStrategyNumber, F_OIDEQ,
              ObjectIdGetDatum(database));
  ScanKeyInit(&keys[1], Anum_pg_db_role_setting_setrole, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(role));
  SysScanDesc scan = systable_beginscan(catalog, DbRoleSettingDatidRolidIndexId, true, nullptr, 2, keys);
  HeapTuple tuple = systable_getnext(scan);
  if (HeapTupleIsValid(tuple)) ApplyArray(tuple, RelationGetDescr(catalog));
  systable_endscan(scan);
}

}  // namespace

void ApplyRoleSettings(Oid role) {
  const char* path = GetConfigOptionResetString("search_path");
  if (path != nullptr) pg::SetForRole("search_path", path);
  // From general to special, so that the later ones win, as at the start of a session.
  Relation catalog = table_open(DbRoleSettingRelationId, AccessShareLock);
  ApplyStored(catalog, InvalidOid, InvalidOid);
  ApplyStored(catalog, MyDatabaseId, InvalidOid);
  ApplyStored(catalog, InvalidOid, role);
  ApplyStored(catalog, MyDatabaseId, role);
  table_close(catalog, AccessShareLock);
}

}  // namespace steward::whatif
